import { expect, test } from 'vitest';
import { type ApiKeyCredential, credentialFault, live } from './client-directory.ts';

const nowSeconds = 1_800_000_000;
const now = nowSeconds * 1_000;
const client = {
  clientId: 'acme',
  plan: 'pro',
  monthStartDay: 1,
  isSuspended: false,
  expiresAtSeconds: null,
};
const credential: ApiKeyCredential = {
  kind: 'api-key',
  keyId: 'key-1',
  client,
  permissions: [],
  addresses: null,
  expiresAtSeconds: null,
  hashes: [],
};

test.each([
  ['a client and key without expiry', credential, undefined],
  [
    'both with a later expiry',
    {
      ...credential,
      client: { ...client, expiresAtSeconds: nowSeconds + 1 },
      expiresAtSeconds: nowSeconds + 1,
    },
    undefined,
  ],
  ['a suspended client', { ...credential, client: { ...client, isSuspended: true } }, 'client-suspended'],
  [
    'a client in the second of its expiry',
    { ...credential, client: { ...client, expiresAtSeconds: nowSeconds } },
    'client-expired',
  ],
  ['a key in the second of its expiry', { ...credential, expiresAtSeconds: nowSeconds }, 'key-expired'],
  ['a key that has expired', { ...credential, expiresAtSeconds: 0 }, 'key-expired'],
])('%s', (_name, given, fault) => {
  expect(credentialFault(given, now)).toBe(fault);
});

test('a replaced secret stays valid for its grace period', () => {
  const secrets = [
    { name: 'new', expiresAtSeconds: null },
    { name: 'rolled', expiresAtSeconds: nowSeconds + 60 },
    { name: 'gone', expiresAtSeconds: nowSeconds },
  ];
  expect(live(secrets, now).map(({ name }) => name)).toEqual(['new', 'rolled']);
  expect(live(secrets, now + 60_000).map(({ name }) => name)).toEqual(['new']);
});
