import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Item } from '../../../runtime/aws/dynamodb-item.ts';
import { readAddress } from '../../../runtime/http/client-address.ts';
import type { Client } from './client-directory.ts';
import { InvalidDirectoryItemError, keyItemId, readClientItem, readKeyItem } from './directory-item.ts';

const hash = Buffer.alloc(32, 9);
const pem = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString();
const client: Client = {
  clientId: 'acme',
  plan: 'pro',
  monthStartDay: 1,
  isSuspended: false,
  expiresAtSeconds: null,
};

const apiKey: Item = {
  clientId: { S: 'key#abc' },
  kind: { S: 'api-key' },
  client: { S: 'acme' },
  secrets: { L: [{ M: { hash: { B: hash.toString('base64') } } }] },
};
const signature: Item = {
  ...apiKey,
  kind: { S: 'signature' },
  secrets: {
    L: [
      { M: { algorithm: { S: 'ed25519' }, key: { S: pem } } },
      {
        M: {
          algorithm: { S: 'hmac-sha256' },
          key: { S: hash.toString('base64') },
          expiresAt: { N: '1800000000' },
        },
      },
    ],
  },
};
const withSecret = (secret: unknown): Item => ({ ...apiKey, secrets: { L: [{ M: secret }] } });

test('reads an API key with only the required attributes', () => {
  const read = readKeyItem('abc', apiKey);
  expect(read.clientId).toBe('acme');
  expect(read.withClient(client)).toEqual({
    kind: 'api-key',
    keyId: 'abc',
    client,
    permissions: [],
    addresses: null,
    expiresAtSeconds: null,
    hashes: [{ hash, expiresAtSeconds: null }],
  });
});

test('reads an API key with all optional attributes, and ignores others', () => {
  const credential = readKeyItem('abc', {
    ...apiKey,
    permissions: { SS: ['orders:read', 'orders:write'] },
    addresses: { SS: ['192.0.2.0/24', '2001:db8::/32'] },
    expiresAt: { N: '1800000000' },
    createdBy: { S: 'somebody' },
  }).withClient(client);
  expect(credential).toMatchObject({
    permissions: ['orders:read', 'orders:write'],
    expiresAtSeconds: 1_800_000_000,
  });
  const mayCallFrom = (text: string) => {
    const address = readAddress(text);
    return address !== undefined && credential.addresses?.includes(address);
  };
  expect(['192.0.2.7', '2001:db8::1', '::ffff:192.0.2.7'].map(mayCallFrom)).toEqual([true, true, true]);
  expect(['192.0.3.7', '2001:db9::1'].map(mayCallFrom)).toEqual([false, false]);
});

test('reads a key of signatures, with two live ones', () => {
  expect(readKeyItem('abc', signature).withClient(client)).toMatchObject({
    kind: 'signature',
    keys: [
      { algorithm: 'ed25519', expiresAtSeconds: null },
      { algorithm: 'hmac-sha256', expiresAtSeconds: 1_800_000_000 },
    ],
  });
});

test('reads a client', () => {
  const item = { clientId: { S: 'acme' }, plan: { S: 'pro' } };
  expect(readClientItem(item)).toEqual(client);
  expect(
    readClientItem({
      ...item,
      suspended: { BOOL: true },
      expiresAt: { N: '1.8e9' },
      monthStartDay: { N: '31' },
      name: { S: 'Acme' },
    }),
  ).toEqual({
    clientId: 'acme',
    plan: 'pro',
    monthStartDay: 31,
    isSuspended: true,
    expiresAtSeconds: 1_800_000_000,
  });
});

describe('names the attribute of an invalid item', () => {
  test.each<[string, Item]>([
    ['client', { ...apiKey, client: { S: '' } }],
    ['client', { ...apiKey, client: { N: '1' } }],
    ['kind', { ...apiKey, kind: { S: 'password' } }],
    ['kind', { ...apiKey, kind: 'api-key' }],
    ['secrets', { ...apiKey, secrets: { SS: ['a'] } }],
    ['secrets', { ...apiKey, secrets: { L: [{ S: 'a' }] } }],
    ['hash', withSecret({})],
    ['hash', withSecret({ hash: { S: hash.toString('base64') } })],
    ['hash', withSecret({ hash: { B: hash.subarray(1).toString('base64') } })],
    ['expiresAt', withSecret({ hash: { B: hash.toString('base64') }, expiresAt: { S: '2027-01-15' } })],
    ['expiresAt', { ...apiKey, expiresAt: { N: '' } }],
    ['expiresAt', { ...apiKey, expiresAt: { NULL: true } }],
    ['permissions', { ...apiKey, permissions: { L: [{ S: 'orders:read' }] } }],
    ['addresses', { ...apiKey, addresses: { SS: ['192.0.2.0'] } }],
    ['addresses', { ...apiKey, addresses: { SS: ['anywhere'] } }],
    ['algorithm', { ...signature, secrets: { L: [{ M: { algorithm: { S: 'none' }, key: { S: pem } } }] } }],
    ['key', { ...signature, secrets: { L: [{ M: { algorithm: { S: 'ed25519' } } }] } }],
    [
      'key',
      { ...signature, secrets: { L: [{ M: { algorithm: { S: 'hmac-sha256' }, key: { S: 'short' } } }] } },
    ],
  ])('%s: %#', (attribute, item) => {
    expect(() => readKeyItem('abc', item)).toThrow(new InvalidDirectoryItemError(attribute));
  });

  test.each<[string, Item]>([
    ['clientId', { plan: { S: 'pro' } }],
    ['plan', { clientId: { S: 'acme' } }],
    ['suspended', { clientId: { S: 'acme' }, plan: { S: 'pro' }, suspended: { S: 'false' } }],
    ['suspended', { clientId: { S: 'acme' }, plan: { S: 'pro' }, suspended: { BOOL: 'false' } }],
    ['expiresAt', { clientId: { S: 'acme' }, plan: { S: 'pro' }, expiresAt: { N: 'never' } }],
    ['monthStartDay', { clientId: { S: 'acme' }, plan: { S: 'pro' }, monthStartDay: { N: '32' } }],
    ['monthStartDay', { clientId: { S: 'acme' }, plan: { S: 'pro' }, monthStartDay: { N: '1.5' } }],
  ])('of a client, %s: %#', (attribute, item) => {
    expect(() => readClientItem(item)).toThrow(new InvalidDirectoryItemError(attribute));
  });
});

test('does not read the item of a key as a client', () => {
  expect(keyItemId('abc')).toBe('key#abc');
  expect(() => readClientItem(apiKey)).toThrow(InvalidDirectoryItemError);
  expect(() => readKeyItem('acme', { clientId: { S: 'acme' }, plan: { S: 'pro' } })).toThrow(
    InvalidDirectoryItemError,
  );
});

test('raises no other error for any item', () => {
  const attribute = fc.oneof(
    fc.jsonValue(),
    fc.record({ S: fc.string() }),
    fc.record({ N: fc.string() }),
    fc.record({ SS: fc.jsonValue() }),
    fc.record({ L: fc.array(fc.oneof(fc.jsonValue(), fc.record({ M: fc.jsonValue() }))) }),
  );
  const changes = fc.dictionary(
    fc.constantFrom('clientId', 'kind', 'client', 'secrets', 'permissions', 'addresses', 'expiresAt', 'plan'),
    attribute,
  );
  const outcome = (read: () => unknown) => {
    try {
      read();
      return 'read';
    } catch (error) {
      return error instanceof InvalidDirectoryItemError ? 'refused' : error;
    }
  };
  fc.assert(
    fc.property(fc.constantFrom(apiKey, signature), changes, (item, change) => {
      expect(['read', 'refused']).toContain(outcome(() => readKeyItem('abc', { ...item, ...change })));
      expect(['read', 'refused']).toContain(outcome(() => readClientItem({ ...item, ...change })));
    }),
    { numRuns: 500 },
  );
});
