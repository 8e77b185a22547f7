import { randomBytes } from 'node:crypto';
import { Client, DatabaseError } from 'pg';
import { describe, expect, test } from 'vitest';
import { freshDatabase, hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { testDatabases } from '../../testing/shop.ts';
import { RejectedDataError } from '../rejected-data.ts';
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

  test('applies each migration once for tasks that start at the same time', async () => {
    const url = await freshDatabase();
    const tasks = Array.from({ length: 5 }, () => open(url));
    const applied = await Promise.all(tasks.map((task) => migrate(task, 'shop', [table])));
    expect(applied.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 1]);
    const [first] = tasks;
    if (first === undefined) throw new Error('no task');
    expect(await migrate(first, 'shop', [table, 'alter table things add column name text'])).toBe(1);
    // An older version, after a rollback, finds more migrations than it has.
    expect(await migrate(first, 'shop', [table])).toBe(0);
    await first.query("insert into things (id, name) values (1, 'a')");
    await Promise.all(tasks.map((task) => task.close()));
  });

  test('rolls back migrations that fail', async () => {
    const database = await databaseOf('shop', []);
    await expect(migrate(database, 'shop', [table, 'create nonsense'])).rejects.toThrow('syntax error');
    expect(await migrate(database, 'shop', [table])).toBe(1);
  });

  test('shows each service only its own schema', async () => {
    const url = await freshDatabase();
    const [orders, payments] = [open(url, { schema: 'orders' }), open(url, { schema: 'payments' })];
    await migrate(orders, 'orders', [table]);
    await migrate(payments, 'payments', [table]);
    await orders.query('insert into things values (1)');
    expect(await payments.query('select * from things')).toEqual([]);
    await Promise.all([orders.close(), payments.close()]);
  });

  test('rolls back a transaction that fails', async () => {
    const database = await databaseOf('shop', [table]);
    const failing = database.transaction(async (transaction) => {
      await transaction.query('insert into things values (1)');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await database.query('select * from things')).toEqual([]);
  });

  test('is unavailable for writes in a read-only transaction, and serves reads', async () => {
    const database = await databaseOf('shop', [table]);
    const written = database.transaction(async (transaction) => {
      await transaction.query('set transaction read only');
      await transaction.query('insert into things values (1)');
    });
    await expect(written).rejects.toThrow(UnavailableError);
    expect(await database.query('select * from things')).toEqual([]);
  });

  test('limits how long a call waits for a connection', async () => {
    const timeouts = { connectionMs: 1_500, statementMs: 10_000, answerMs: 10_000 };
    const database = open(await freshDatabase(), { maxConnections: 1, timeouts });
    const busy = database.query('select pg_sleep(3)');
    await expect(database.query('select 1')).rejects.toThrow('timeout exceeded when trying to connect');
    await busy;
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('ends a statement that takes too long', async () => {
    const database = open(await freshDatabase());
    await expect(database.query('select pg_sleep(60)')).rejects.toThrow('statement timeout');
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('limits how long a call waits for a server that does not respond', async () => {
    const timeouts = { connectionMs: 2_000, statementMs: 0, answerMs: 300 };
    const database = open(await freshDatabase(), { timeouts });
    await expect(database.query('select pg_sleep(2)')).rejects.toThrow(UnavailableError);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('reconnects after the server has closed its connections', async () => {
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

  /** Terminates the connections to a database. Waits until there are any. */
  const terminate = async (url: string, which = '') => {
    const other = new Client({ connectionString: url });
    await other.connect();
    let ended = 0;
    while (ended === 0) {
      const { rowCount } = await other.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where pid <> pg_backend_pid() and datname = current_database() ${which}`,
      );
      ended = rowCount ?? 0;
    }
    await other.end();
  };

  test('is unavailable when a connection closes between two statements of a transaction', async () => {
    const url = await freshDatabase();
    const broken: Error[] = [];
    const database = open(url, { maxConnections: 1, onBrokenConnection: (error) => broken.push(error) });
    const written = database.transaction(async (transaction) => {
      await transaction.query('select 1');
      await terminate(url);
      // Waits until the client notices it, while no statement uses the connection.
      while (broken.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await transaction.query('select 1');
    });
    await expect(written).rejects.toThrow(UnavailableError);
    expect(broken).toHaveLength(1);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('is unavailable when a connection closes during a statement, and reconnects', async () => {
    const url = await freshDatabase();
    const database = open(url, { maxConnections: 1 });
    const slow = database.query('select pg_sleep(60)');
    const [outcome] = await Promise.allSettled([slow, terminate(url, "and query like '%pg_sleep(60)%'")]);
    expect(outcome).toMatchObject({ reason: { name: 'UnavailableError', cause: { code: '57P01' } } });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('keeps the connection after an error thrown by the transaction', async () => {
    const database = open(await freshDatabase(), { maxConnections: 1 });
    const pid = async () => (await database.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid;
    const before = await pid();
    await expect(database.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(database.query('select 1/0')).rejects.toThrow(RejectedDataError);
    expect(await pid()).toBe(before);
    await database.close();
  });

  test('rejects a transaction that the server has rolled back', async () => {
    const database = await databaseOf('shop', [table]);
    const swallowed = database.transaction(async (transaction) => {
      await transaction.query('insert into things values (1)');
      await transaction.query('select 1/0').catch(() => {});
    });
    await expect(swallowed).rejects.toThrow('rolled the transaction back');
    expect(await database.query('select * from things')).toEqual([]);
  });

  test.each([
    ['a NUL in a text', 'select $1::text', ['a\0b'], 'invalid'],
    ['a number out of range', 'insert into things values ($1)', [3_000_000_000], 'invalid'],
    ['a text that is not a number', 'insert into things values ($1)', ['x'], 'invalid'],
    ['a date out of range', 'select $1::timestamptz', ['999999-01-01'], 'invalid'],
    ['a NUL in JSON', 'select $1::jsonb', ['"\\u0000"'], 'invalid'],
    ['the same key twice', 'insert into things values (1), (1)', [], 'conflict'],
  ] as const)('reports %s as rejected data', async (_, statement, values, reason) => {
    const database = await databaseOf('shop', [table]);
    await expect(database.query(statement, values)).rejects.toMatchObject({
      name: 'RejectedDataError',
      reason,
    });
  });

  test('reports a key too long for its index as rejected data', async () => {
    const database = await databaseOf('shop', ['create table names (name text primary key)']);
    const name = randomBytes(5_000).toString('base64');
    await expect(database.query('insert into names values ($1)', [name])).rejects.toThrow(RejectedDataError);
  });

  test('rethrows an error of the statement unchanged', async () => {
    const database = await databaseOf('shop', []);
    await expect(database.query('select nothing')).rejects.toBeInstanceOf(DatabaseError);
  });

  test.each([
    ['a lock time-out', "set local lock_timeout = '10ms'", '55P03'],
    ['a statement time-out', "set local statement_timeout = '10ms'", '57014'],
  ])('is unavailable after %s', async (_, setting, code) => {
    const url = await freshDatabase();
    const database = open(url);
    await migrate(database, 'shop', [table]);
    await database.transaction(async (holder) => {
      await holder.query('lock table things');
      const waiting = database.transaction(async (transaction) => {
        await transaction.query(setting);
        await transaction.query('insert into things values (1)');
      });
      await expect(waiting).rejects.toMatchObject({ name: 'UnavailableError', cause: { code } });
    });
    await database.close();
  });

  test('reports once that its password is refused', async () => {
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
