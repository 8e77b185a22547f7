import { expect, test } from 'vitest';
import { readConnection } from './connection-settings.ts';

const fields = {
  DATABASE_HOST: 'db.internal',
  DATABASE_NAME: 'store',
  DATABASE_USER: 'store',
  DATABASE_PASSWORD: 'p@ss/word',
};

test('reads a database from its URL, from the fields of its secret, or returns null', () => {
  expect(readConnection({})).toBeNull();
  expect(readConnection({ DATABASE_URL: 'postgresql://a@b/c' })).toEqual({
    kind: 'url',
    url: 'postgresql://a@b/c',
  });
  expect(readConnection(fields)).toEqual({
    kind: 'fields',
    host: 'db.internal',
    port: 5432,
    database: 'store',
    user: 'store',
    password: 'p@ss/word',
  });
});

test.each([
  [{ DATABASE_URL: 'mysql://a' }, 'DATABASE_URL is not the URL of a PostgreSQL database'],
  [{ ...fields, DATABASE_PASSWORD: undefined }, "DATABASE_PASSWORD: Give the user's password."],
  [{ ...fields, DATABASE_PORT: 'x' }, 'DATABASE_PORT: Give a TCP port.'],
])('refuses %j and names the variable', (environment, message) => {
  expect(() => readConnection(environment)).toThrow(message);
});
