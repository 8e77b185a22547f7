import type { ShopEvent } from '../../runtime/events/cloud-event.ts';
import { TestScripts } from '../../runtime/limit-store/testing/test-scripts.ts';
import { inMemoryStockScripts } from '../inventory/stock/in-memory-stock-scripts.ts';
import type { Database } from '../platform/database/database.ts';
import { createApp } from '../platform/http/app.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';
import { createCallService } from '../platform/http/service-client.ts';
import type { Role } from '../platform/role.ts';
import { noTracing } from '../platform/tracing/tracing.ts';
import { type RoleName, roles } from '../runner/roles.ts';
import { listLog, testDatabases } from './shop.ts';

/** What the gateway says of a caller. */
export const alice = { 'x-user-id': 'alice', 'x-user-email': 'alice@example.com', 'x-user-role': '-' };
export const bob = { 'x-user-id': 'bob', 'x-user-email': 'bob@example.com', 'x-user-role': '-' };
export const admin = { 'x-user-id': 'root', 'x-user-email': '-', 'x-user-role': 'admin' };
export const machine = { 'x-user-id': '-', 'x-client-id': 'warehouse', 'x-user-role': '-' };

/** A role as its process runs it, on tables of its own, but with a clock that a test turns and its log lines at hand. */
export interface TestService {
  readonly app: () => Promise<ServiceApp>;
  readonly role: () => Promise<Role>;
  /** What it has recorded so far. */
  readonly events: () => Promise<readonly ShopEvent[]>;
  readonly lines: Readonly<Record<string, unknown>>[];
  /** Of the role's first schema. */
  readonly database: () => Promise<Database>;
  /** Its store, which can be told to fail. */
  readonly scripts: TestScripts;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  send(
    method: string,
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  advance(ms: number): void;
  stop(): void;
}

/** Makes services of the roles for the tests of one file; each opens when it is first asked. */
export function testServices(): (name: RoleName) => TestService {
  const databaseOf = testDatabases();
  return (name) => {
    let nowMs = Date.UTC(2026, 10, 20, 12);
    let stopping = false;
    let ids = 0;
    const lines: Readonly<Record<string, unknown>>[] = [];
    const log = (level: string, message: string, fields?: object) =>
      void lines.push({ level, message, ...fields });
    const scripts = new TestScripts(() => nowMs, inMemoryStockScripts);
    const databases: Database[] = [];
    const open = async () => {
      const makeRole: (ports: Parameters<typeof roles.order>[0]) => Role | Promise<Role> = roles[name];
      const role = await makeRole({
        nowMs: () => nowMs,
        newId: () => String(++ids).padStart(4, '0'),
        service: name,
        log,
        reportManualIntervention: (message, fields) => log('error', message, fields),
        wait: async () => {},
        events: listLog(),
        limitStore: () => scripts,
        database: async (schema, tables) => {
          const database = await databaseOf(schema, tables);
          databases.push(database);
          return database;
        },
        call: (other) =>
          createCallService(`http://${other}`, () => {
            throw new Error(`${other} is not here`);
          }),
        maxUnitsPerOwner: 1_000,
        paymentProvider: { kind: 'fake' },
      });
      const app = createApp(
        {
          service: name,
          log,
          tracing: noTracing,
          monotonicMs: () => nowMs,
          onAnswered: () => {},
          isStopping: () => stopping,
          checks: role.checks ?? {},
        },
        role.addRoutes,
      );
      return { role, app };
    };
    let opened: ReturnType<typeof open> | undefined;
    const service = () => {
      opened ??= open();
      return opened;
    };
    const database = async () => {
      await service();
      const [first] = databases;
      if (first === undefined) throw new Error(`The role ${name} has no tables.`);
      return first;
    };
    return {
      app: async () => (await service()).app,
      role: async () => (await service()).role,
      database,
      events: async () => {
        const rows = await (await database()).query<{ event: ShopEvent }>(
          'select event from outbox order by id',
        );
        return rows.map(({ event }) => event);
      },
      lines,
      scripts,
      get: async (path, headers = {}) => (await service()).app.request(path, { headers }),
      send: async (method, path, body, headers = {}) =>
        (await service()).app.request(path, {
          method,
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', ...headers },
        }),
      advance: (ms) => {
        nowMs += ms;
      },
      stop: () => {
        stopping = true;
      },
    };
  };
}
