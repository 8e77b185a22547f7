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

  test('waits no longer for a server that does not answer', async () => {
    const timeouts = { connectionMs: 2_000, statementMs: 0, answerMs: 300 };
    const database = open(await freshDatabase(), { timeouts });
    await expect(database.query('select pg_sleep(2)')).rejects.toThrow(UnavailableError);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

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

  /** Ends the connections to a database, once there are any. */
  const end = async (url: string, which = '') => {
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

  test('survives the end of a connection that a transaction holds between two statements', async () => {
    const url = await freshDatabase();
    const broken: Error[] = [];
    const database = open(url, { maxConnections: 1, onBrokenConnection: (error) => broken.push(error) });
    const written = database.transaction(async (transaction) => {
      await transaction.query('select 1');
      await end(url);
      // Until the client has heard of it, while nothing of ours waits for the connection.
      while (broken.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await transaction.query('select 1');
    });
    await expect(written).rejects.toThrow(UnavailableError);
    expect(broken).toHaveLength(1);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('is unavailable where a connection ends in the middle of a statement, and goes on by another', async () => {
    const url = await freshDatabase();
    const database = open(url, { maxConnections: 1 });
    const slow = database.query('select pg_sleep(60)');
    const [outcome] = await Promise.allSettled([slow, end(url, "and query like '%pg_sleep(60)%'")]);
    expect(outcome).toMatchObject({ reason: { name: 'UnavailableError', cause: { code: '57P01' } } });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('keeps its connection after what a transaction itself has thrown', async () => {
    const database = open(await freshDatabase(), { maxConnections: 1 });
    const pid = async () => (await database.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid;
    const before = await pid();
    await expect(database.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(database.query('select 1/0')).rejects.toThrow(RejectedDataError);
    expect(await pid()).toBe(before);
    await database.close();
  });

  test('does not report as done what the server has rolled back', async () => {
    const database = await databaseOf('shop', [table]);
    const swallowed = database.transaction(async (transaction) => {
      await transaction.query('insert into things values (1)');
      await transaction.query('select 1/0').catch(() => {});
    });
    await expect(swallowed).rejects.toThrow('had failed before');
    expect(await database.query('select * from things')).toEqual([]);
  });

  test.each([
    ['a NUL in a text', 'select $1::text', ['a\0b'], 'invalid'],
    ['a number out of range', 'insert into things values ($1)', [3_000_000_000], 'invalid'],
    ['a text that is no number', 'insert into things values ($1)', ['x'], 'invalid'],
    ['a date out of range', 'select $1::timestamptz', ['999999-01-01'], 'invalid'],
    ['a NUL in JSON', 'select $1::jsonb', ['"\\u0000"'], 'invalid'],
    ['the same key twice', 'insert into things values (1), (1)', [], 'conflict'],
  ] as const)('says that %s is the data', async (_, statement, values, reason) => {
    const database = await databaseOf('shop', [table]);
    await expect(database.query(statement, values)).rejects.toMatchObject({
      name: 'RejectedDataError',
      reason,
    });
  });

  test('says that a key too long for its index is the data', async () => {
    const database = await databaseOf('shop', ['create table names (name text primary key)']);
    const name = randomBytes(5_000).toString('base64');
    await expect(database.query('insert into names values ($1)', [name])).rejects.toThrow(RejectedDataError);
  });

  test('leaves an error of the statement itself as it is', async () => {
    const database = await databaseOf('shop', []);
    await expect(database.query('select nothing')).rejects.toBeInstanceOf(DatabaseError);
  });

  test.each([
    ['a lock that is not to be had', "set local lock_timeout = '10ms'", '55P03'],
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
