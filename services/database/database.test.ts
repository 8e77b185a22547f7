import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { freshDatabase, hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { testDatabases } from '../shop-testing.ts';
import { UnavailableError } from '../unavailable.ts';
import { migrate } from './migrate.ts';
import { openDatabase } from './open-database.ts';

describe.runIf(hasPostgres)(`a database${postgresNote}`, () => {
  const databaseOf = testDatabases();
  const table = 'create table things (id int primary key)';
  const open = (url: string, more: Partial<Parameters<typeof openDatabase>[1]> = {}) =>
    openDatabase(
      { kind: 'url', url },
      {
        schema: 'shop',
        applicationName: 'test',
        onBrokenConnection: () => {},
        onPasswordRefused: () => {},
        ...more,
      },
    );

  test('changes its tables once, however many tasks start at once, and only by what is new', async () => {
    const url = await freshDatabase();
    const tasks = Array.from({ length: 5 }, () => open(url));
    const applied = await Promise.all(tasks.map((task) => migrate(task, 'shop', [table])));
    expect(applied.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 1]);
    const [first] = tasks;
    if (first === undefined) throw new Error('no task');
    expect(await migrate(first, 'shop', [table, 'alter table things add column name text'])).toBe(1);
    // An older program, after a roll-back, finds more than it knows.
    expect(await migrate(first, 'shop', [table])).toBe(0);
    await first.query("insert into things (id, name) values (1, 'a')");
    await Promise.all(tasks.map((task) => task.close()));
  });

  test('keeps nothing of a change of tables that fails', async () => {
    const database = await databaseOf('shop', []);
    await expect(migrate(database, 'shop', [table, 'create nonsense'])).rejects.toThrow('syntax error');
    expect(await migrate(database, 'shop', [table])).toBe(1);
  });

  test('keeps services apart: each sees its own schema', async () => {
    const url = await freshDatabase();
    const [orders, payments] = [open(url, { schema: 'orders' }), open(url, { schema: 'payments' })];
    await migrate(orders, 'orders', [table]);
    await migrate(payments, 'payments', [table]);
    await orders.query('insert into things values (1)');
    expect(await payments.query('select * from things')).toEqual([]);
    await Promise.all([orders.close(), payments.close()]);
  });

  test('takes back what a transaction did before it failed', async () => {
    const database = await databaseOf('shop', [table]);
    const failing = database.transaction(async (transaction) => {
      await transaction.query('insert into things values (1)');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await database.query('select * from things')).toEqual([]);
  });

  test('is away for writes where it takes none, and serves reads', async () => {
    const database = await databaseOf('shop', [table]);
    const written = database.transaction(async (transaction) => {
      await transaction.query('set transaction read only');
      await transaction.query('insert into things values (1)');
    });
    await expect(written).rejects.toThrow(UnavailableError);
    expect(await database.query('select * from things')).toEqual([]);
  });

  test('lets no call wait for a connection for ever', async () => {
    const database = open(await freshDatabase(), { maxConnections: 1 });
    const busy = database.query('select pg_sleep(3)');
    await expect(database.query('select 1')).rejects.toThrow('timeout exceeded when trying to connect');
    await busy;
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('ends a statement that takes too long', async () => {
    const database = await databaseOf('shop', []);
    await expect(database.query('select pg_sleep(60)')).rejects.toThrow('statement timeout');
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  }, 10_000);

  test('goes on after the server has ended its connections', async () => {
    const url = await freshDatabase();
    let broken = 0;
    const database = open(url, { onBrokenConnection: () => (broken += 1) });
    await database.query('select 1');
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );
    await other.end();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(broken).toBe(1);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('says once that its password counts no more', async () => {
    const url = new URL(await freshDatabase());
    url.password = 'yesterday';
    let refused = 0;
    const database = open(url.href, { onPasswordRefused: () => (refused += 1) });
    const outcomes = await Promise.allSettled([database.query('select 1'), database.query('select 1')]);
    const isTrusting = outcomes.every(({ status }) => status === 'fulfilled');
    expect(refused).toBe(isTrusting ? 0 : 1);
    await database.close();
  });
});
