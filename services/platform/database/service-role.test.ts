import { describe, expect, test } from 'vitest';
import { freshDatabase, hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { loginOf, readOwner } from './connection-settings.ts';
import { migrate } from './migrate.ts';
import { openDatabase } from './open-database.ts';
import { grantServiceRole } from './service-role.ts';

test('reads the owner of the tables from a URL, from the fields, or returns null', () => {
  expect(readOwner({ DATABASE_URL: 'postgresql://a@b/c' })).toBeNull();
  expect(readOwner({ DATABASE_URL: 'postgresql://a@b/c', DATABASE_OWNER_URL: 'postgresql://o@b/c' })).toEqual(
    {
      kind: 'url',
      url: 'postgresql://o@b/c',
    },
  );
  const fields = { DATABASE_HOST: 'h', DATABASE_NAME: 'n', DATABASE_USER: 'u', DATABASE_PASSWORD: 'p' };
  expect(readOwner(fields)).toBeNull();
  expect(readOwner({ ...fields, DATABASE_OWNER_USER: 'o', DATABASE_OWNER_PASSWORD: 'q' })).toMatchObject({
    host: 'h',
    user: 'o',
    password: 'q',
  });
  expect(() => readOwner({ ...fields, DATABASE_OWNER_USER: 'o' })).toThrow('DATABASE_PASSWORD');
});

describe.runIf(hasPostgres)(`the role of a service${postgresNote}`, () => {
  const open = (url: string, schema: string) =>
    openDatabase(
      { kind: 'url', url },
      { schema, applicationName: 'test', onBrokenConnection: () => {}, onPasswordRefused: () => {} },
    );
  /** Creates a database with two schemas, and a role for each. */
  const prepare = async () => {
    const server = await freshDatabase();
    const suffix = new URL(server).pathname.slice(1);
    // Like the master user of Aurora: it may create roles and databases, but is not a superuser.
    const superuser = open(server, 'public');
    await superuser.query(`create role owner_${suffix} login createrole createdb password 'o'`);
    await superuser.query(`grant create on database ${suffix} to owner_${suffix}`);
    await superuser.close();
    const url = Object.assign(new URL(server), { username: `owner_${suffix}`, password: 'o' }).href;
    const asRole = (name: string, password = "p'w%d") => {
      const own = new URL(url);
      own.username = `${name}_${suffix}`;
      own.password = encodeURIComponent(password);
      return own.href;
    };
    for (const name of ['one', 'two']) {
      const owner = open(url, name);
      await migrate(owner, name, [
        'create table things (id int generated always as identity primary key, name text)',
      ]);
      const login = loginOf({ kind: 'url', url: asRole(name) });
      await Promise.all([1, 2].map(() => grantServiceRole(owner, name, login)));
      await owner.close();
    }
    return { url, asRole };
  };

  test('reads and writes the rows of its schema, but no other schema, and changes no tables', async () => {
    const { asRole } = await prepare();
    const one = open(asRole('one'), 'one');
    await one.query("insert into things (name) values ('a')");
    await one.query("update things set name = 'b'");
    expect(await one.query('select name from things')).toEqual([{ name: 'b' }]);
    for (const statement of [
      'select * from two.things',
      "insert into two.things (name) values ('x')",
      'select * from migrations',
      'drop table things',
      'alter table things add column more text',
      'create table others (id int)',
      'create schema three',
      'create role another',
      'truncate things',
    ]) {
      await expect(one.query(statement)).rejects.toThrow(/permission denied|must be owner/);
    }
    await one.close();
  });

  test('gets access to new tables, and a new password', async () => {
    const { url, asRole } = await prepare();
    const owner = open(url, 'one');
    await owner.query('create table later (id int)');
    await grantServiceRole(owner, 'one', loginOf({ kind: 'url', url: asRole('one', 'new') }));
    await owner.close();
    const one = open(asRole('one', 'new'), 'one');
    expect(await one.query('select * from later')).toEqual([]);
    await one.close();
  });
});
