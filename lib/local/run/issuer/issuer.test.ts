import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../processes/ports.ts';
import { writeRunRecord } from '../run-records.ts';
import { recordFolder, recordFor } from '../testing/run-record.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { openSigningKeys } from './signing-keys.ts';
import { tokenCommand } from './token-command.ts';

let stateFolder: string;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'state-'));
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

const nowSeconds = Math.floor(Date.UTC(2026, 5, 1) / 1_000);
const token = (...args: string[]) => tokenCommand(args, { stateFolder, environment: {}, nowSeconds });

describe('after a run has started', () => {
  let issuer: Issuer;
  beforeEach(async () => {
    issuer = await startIssuer(stateFolder, await freePort());
    // The port of the issuer replaces that of the run.
    const folder = recordFolder(stateFolder, issuer.url);
    renameSync(join(stateFolder, 'issuer-keys.json'), join(folder, 'issuer-keys.json'));
    writeRunRecord(recordFor(folder, issuer.url));
  });
  afterEach(() => issuer.close());

  test.each(['RS256', 'ES256', 'EdDSA'])('%s tokens verify against the published keys', async (alg) => {
    const outcome = await token('--sub', 'alice', '--alg', alg);
    if (outcome.exitCode !== 0) throw new Error(outcome.stderr);
    const discovery = (await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json()) as {
      jwks_uri: string;
    };
    const { payload } = await jwtVerify(outcome.stdout, createRemoteJWKSet(new URL(discovery.jwks_uri)), {
      issuer: issuer.url,
      audience: 'store-api',
      algorithms: [alg],
      currentDate: new Date(nowSeconds * 1_000),
    });
    expect(payload.sub).toBe('alice');
  });

  test('the arguments become claims', async () => {
    const words =
      '--sub alice --permissions orders:*,users:read --permissions inventory:** --plan pro --expires 90s ' +
      '--email a@example.com --role buyer --client app';
    const outcome = await token(...words.split(' '));
    expect(outcome.exitCode === 0 && decodeJwt(outcome.stdout)).toEqual({
      iss: issuer.url,
      aud: 'store-api',
      sub: 'alice',
      permissions: ['orders:*', 'users:read', 'inventory:**'],
      plan: 'pro',
      email: 'a@example.com',
      role: 'buyer',
      client_id: 'app',
      iat: nowSeconds,
      exp: nowSeconds + 90,
    });
  });

  test('an hour is the default lifetime, RS256 the default algorithm', async () => {
    const outcome = await token('--sub', 'bob');
    if (outcome.exitCode !== 0) throw new Error(outcome.stderr);
    expect(decodeJwt(outcome.stdout).exp).toBe(nowSeconds + 3_600);
    expect(decodeProtectedHeader(outcome.stdout).alg).toBe('RS256');
  });

  test('publishes no private key and returns 404 for other paths', async () => {
    const { keys } = (await (await fetch(issuer.jwksUri)).json()) as { keys: object[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    ]);
    expect((await fetch(`${issuer.url}/token`)).status).toBe(404);
    expect((await fetch(issuer.jwksUri, { method: 'POST' })).status).toBe(405);
  });
});

test('keeps its keys in a private file, also when two runs create them at once', async () => {
  const [one, two] = await Promise.all([openSigningKeys(stateFolder), openSigningKeys(stateFolder)]);
  const later = await openSigningKeys(stateFolder);
  expect(two.publicKeys).toEqual(one.publicKeys);
  expect(later.publicKeys).toEqual(one.publicKeys);
  expect(readdirSync(stateFolder)).toEqual(['issuer-keys.json']);
  expect(statSync(join(stateFolder, 'issuer-keys.json')).mode & 0o777).toBe(0o600);
});

test.each([
  [[], 2, '--sub is missing. Specify the subject of the token: --sub alice'],
  [
    ['--sub', 'a', '--expires', 'soon'],
    2,
    '--expires "soon" is not a valid time in the future. Specify a duration or a time',
  ],
  [['--sub', 'a', '--expires', '0s'], 2, '--expires "0s" is not a valid time in the future.'],
  [['--sub', 'a', '--alg', 'none'], 2, '--alg "none" is not known. Use one of: RS256, ES256, EdDSA.'],
  [['--subject', 'a'], 2, "Unknown option '--subject'"],
  [['--sub', 'a'], 1, 'No local run. Start one with npm start.'],
])('the arguments %j end with exit code %i', async (args, exitCode, message) => {
  const outcome = await token(...args);
  expect(outcome.exitCode).toBe(exitCode);
  expect(outcome.exitCode !== 0 && outcome.stderr).toContain(message);
});

test.each(['', '{', '[]', 'null', '{"keys":[]}', '[{"alg":"RS256","kid":"a","kty":"RSA"}]', '\u0000\ufffd'])(
  'refuses keys that read %j, and names file and remedy',
  async (text) => {
    writeFileSync(join(stateFolder, 'issuer-keys.json'), text);
    await expect(startIssuer(stateFolder, await freePort())).rejects.toThrow(
      /state in .*issuer-keys\.json cannot be read: [\s\S]*npm start -- --reset/,
    );
  },
);
