import { afterAll, beforeAll } from 'vitest';
import type { ShopEvent } from '../../runtime/events/cloud-event.ts';
import type { EventLog } from '../../runtime/events/event-log.ts';
import { TestScripts } from '../../runtime/limit-store/testing/test-scripts.ts';
import { freshDatabase } from '../../test/support/postgres.ts';
import { inMemoryStockScripts } from '../inventory/stock/in-memory-stock-scripts.ts';
import { orderRole } from '../order/order-role.ts';
import { paymentRole } from '../payment/payment-role.ts';
import type { Database } from '../platform/database/database.ts';
import { migrate } from '../platform/database/migrate.ts';
import { openDatabase } from '../platform/database/open-database.ts';
import { createApp } from '../platform/http/app.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';
import { createCallService } from '../platform/http/service-client.ts';
import type { Log } from '../platform/log.ts';
import type { Role, RolePorts } from '../platform/role.ts';
import { noTracing } from '../platform/tracing/tracing.ts';
import { roles } from '../runner/roles.ts';

/** Opens databases for the tests of one file, and closes them at its end. */
export function testDatabases(): (schema: string, tables: readonly string[]) => Promise<Database> {
  const opened: Database[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
  });
  return async (schema, tables) => {
    const database = openDatabase(
      { kind: 'url', url: await freshDatabase() },
      { schema, applicationName: 'test', onBrokenConnection: () => {}, onPasswordRefused: () => {} },
    );
    opened.push(database);
    await migrate(database, schema, tables);
    return database;
  };
}

export const silent: Log = () => {};

/** An event log in memory. It fails while `fail` is true. */
export function listLog(): EventLog & { readonly events: ShopEvent[]; fail: boolean } {
  const log = {
    events: [] as ShopEvent[],
    fail: false,
    async produce(_: string, events: readonly unknown[]) {
      if (log.fail) throw new Error('the broker is unavailable');
      log.events.push(...(events as readonly ShopEvent[]));
    },
    consume: () => Promise.reject(new Error('not read')),
    async close() {},
  };
  return log;
}

/** The services that process an order, each with its own database. They call each other without a network. */
export interface TestShop {
  readonly order: ServiceApp;
  readonly payment: ServiceApp;
  readonly inventory: ServiceApp;
  readonly orders: Database;
  readonly payments: Database;
  /** The log lines of the services. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Names of services that do not respond. */
  readonly unavailable: Set<string>;
  /** The reports of `reportManualIntervention`. */
  readonly manualInterventions: Readonly<Record<string, unknown>>[];
  advance(ms: number): void;
  readonly ports: RolePorts;
}

/** Opens a shop for the tests of one file. */
export function testShop(): () => TestShop {
  const databaseOf = testDatabases();
  let shop: TestShop | undefined;
  beforeAll(async () => {
    let nowMs = Date.now();
    let ids = 0;
    const unavailable = new Set<string>();
    const lines: Readonly<Record<string, unknown>>[] = [];
    const log: Log = (level, message, fields) => void lines.push({ level, message, ...fields });
    const manualInterventions: Readonly<Record<string, unknown>>[] = [];
    const scripts = new TestScripts(() => nowMs, inMemoryStockScripts);
    const apps = new Map<string, ServiceApp>();
    const databases = new Map<string, Database>();
    const ports: RolePorts = {
      nowMs: () => nowMs,
      // Differs from all ids of the seed.
      newId: () => `t${String(++ids).padStart(4, '0')}`,
      service: 'test',
      log,
      reportManualIntervention: (message, fields) => void manualInterventions.push({ message, ...fields }),
      wait: async () => {},
      events: listLog(),
      limitStore: () => scripts,
      database: async (schema, tables) => {
        const database = await databaseOf(schema, tables);
        databases.set(schema, database);
        return database;
      },
      call: (name) =>
        createCallService(`http://${name}`, (request) => {
          const app = apps.get(name);
          if (unavailable.has(name) || app === undefined) throw new Error(`${name} is unavailable`);
          return app.fetch(request);
        }),
      maxUnitsPerOwner: 1_000,
      paymentProvider: { kind: 'fake' },
    };
    const add = (service: string, role: Role): ServiceApp => {
      const app = createApp(
        {
          service,
          log,
          tracing: noTracing,
          monotonicMs: () => 0,
          onAnswered: () => {},
          isStopping: () => false,
          checks: role.checks ?? {},
        },
        role.addRoutes,
      );
      apps.set(service, app);
      return app;
    };
    add('product', await roles.product(ports));
    const inventory = add('inventory', await roles.inventory(ports));
    const payment = add('payment', await paymentRole(ports));
    const order = add('order', await orderRole(ports));
    const orders = databases.get('orders');
    const payments = databases.get('payments');
    if (orders === undefined || payments === undefined) throw new Error('A role has no tables.');
    const advance = (ms: number) => {
      nowMs += ms;
    };
    shop = {
      order,
      payment,
      inventory,
      orders,
      payments,
      lines,
      unavailable,
      manualInterventions,
      advance,
      ports,
    };
  });
  return () => {
    if (shop === undefined) throw new Error('The shop is not open.');
    return shop;
  };
}

/** A JSON request to a service. `headers` identify the caller. */
export interface TestRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export async function send(
  app: ServiceApp,
  { method, path, headers = {}, body }: TestRequest,
): Promise<Response> {
  return await app.request(path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
