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

/** Callers, as the headers that the gateway sets. */
export const alice = { 'x-user-id': 'alice', 'x-user-email': 'alice@example.com', 'x-user-role': '-' };
export const bob = { 'x-user-id': 'bob', 'x-user-email': 'bob@example.com', 'x-user-role': '-' };
export const admin = { 'x-user-id': 'root', 'x-user-email': '-', 'x-user-role': 'admin' };
export const machine = { 'x-user-id': '-', 'x-client-id': 'warehouse', 'x-user-role': '-' };

/** A role as its process runs it, with its own database, a clock that the test advances, and its log lines. */
export interface TestService {
  readonly app: () => Promise<ServiceApp>;
  readonly role: () => Promise<Role>;
  /** The events that it has recorded so far. */
  readonly events: () => Promise<readonly ShopEvent[]>;
  readonly lines: Readonly<Record<string, unknown>>[];
  /** The database of the role's first schema. */
  readonly database: () => Promise<Database>;
  /** Its limit store, whose failure a test can simulate. */
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

/** Creates services for the tests of one file. A service opens at its first call. */
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
      const createRole: (ports: Parameters<typeof roles.order>[0]) => Role | Promise<Role> = roles[name];
      const role = await createRole({
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
            throw new Error(`${other} does not run in this test`);
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
