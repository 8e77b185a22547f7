import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { createApiKey, hashApiKey, maskApiKey } from '../../../lambda/auth/identity/api-key.ts';
import { clientCallerKey } from '../../../runtime/tokens/identity.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import type { RegisteredKey } from '../access/key-registry.ts';
import { futureInstant, secondsFromNow, wordList } from './argument-parsers.ts';
import { applyRecordedChange } from './change-record.ts';
import { directoryEffect, registered } from './clients.ts';
import { OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, type Session } from './session.ts';
import { revocationEffect } from './tokens.ts';

interface CreateOptions {
  readonly permissions?: string[];
  readonly addresses?: string[];
  readonly expires?: string;
}

interface RotateOptions {
  readonly gracePeriod: number;
}

/** `keys`: API keys of registered clients. A key is shown only when it is created. */
export function addKeys(program: Command, ports: OpsPorts): void {
  const keys = program.command('keys').description('API keys. A key is shown only when it is created.');
  changeCommand<CreateOptions>(
    keys
      .command('create')
      .argument('<client>')
      .description('create a key of a registered client, and show it once')
      .option('--permissions <list>', 'permissions, such as "orders:read,users:*"', wordList)
      .option('--addresses <list>', 'address ranges from which it may be used, in CIDR notation', ranges)
      .option('--expires <date>', 'when the key expires', futureInstant(ports.now)),
    ports,
    create,
  );
  changeCommand<RotateOptions>(
    keys
      .command('rotate')
      .argument('<key>', 'key id, the third part of the key')
      .description(
        'create a new secret of a key, and show it once; the previous one expires after the grace period',
      )
      .option('--grace-period <time>', 'how long both secrets are valid', secondsFromNow(ports.now), 86_400),
    ports,
    rotate,
  );
  changeCommand(
    keys
      .command('revoke')
      .argument('<key>', 'key id, the third part of the key')
      .description('revoke a key permanently'),
    ports,
    revoke,
  );
}

async function create(session: Session<CreateOptions & ChangeOptions>, clientId = ''): Promise<Report> {
  const { gateway, ports, options } = session;
  await registered(gateway, clientId);
  const made = createApiKey(gateway.environment, ports.randomBytes);
  const key = {
    keyId: made.id,
    clientId,
    permissions: options.permissions ?? [],
    addresses: options.addresses ?? null,
    expiresAt: options.expires ?? null,
  };
  return await applyRecordedChange(session, {
    document: `key:${made.id}`,
    changes: [{ path: maskApiKey(made), after: key }],
    effect: 'within 10 seconds, when the negative caches of the authorizer have expired',
    apply: async () => {
      const hash = hashApiKey(made, await gateway.keyPepper());
      const written = await gateway.keys.add(key, hash);
      return written === 'conflict' ? 'conflict' : { keyId: made.id, key: made.text };
    },
    resultText: ({ key }) => `The key, which is not shown again:\n${key}`,
  });
}

async function rotate(session: Session<RotateOptions & ChangeOptions>, keyId = ''): Promise<Report> {
  const { gateway, ports, options } = session;
  const key = await known(gateway, keyId);
  const made = createApiKey(gateway.environment, ports.randomBytes, keyId);
  const now = ports.now();
  const previousUntil = now + options.gracePeriod * 1_000;
  return await applyRecordedChange(session, {
    document: `key:${keyId}`,
    changes: [
      {
        path: `${maskApiKey(made)}.secrets`,
        before: key.secrets.length,
        after: 'a new one beside the former',
      },
      { path: `${maskApiKey(made)}.previousEnds`, after: new Date(previousUntil).toISOString() },
    ],
    effect: directoryEffect,
    apply: async () => {
      const hash = hashApiKey(made, await gateway.keyPepper());
      const written = await gateway.keys.rotate(keyId, hash, previousUntil, now);
      return written === 'conflict' ? 'conflict' : { keyId, key: made.text };
    },
    resultText: (result) => `The key, which is not shown again:\n${result.key}`,
  });
}

async function revoke(session: Session<ChangeOptions>, keyId = ''): Promise<Report> {
  const { gateway, ports } = session;
  const key = await known(gateway, keyId);
  const now = ports.now();
  const isOver = key.expiresAt !== null && Date.parse(key.expiresAt) <= now;
  return await applyRecordedChange(session, {
    document: `key:${keyId}`,
    changes: isOver
      ? []
      : [{ path: `${keyId}.expiresAt`, before: key.expiresAt, after: new Date(now).toISOString() }],
    effect: revocationEffect,
    apply: async () => {
      // The table revokes the key permanently, the limit store for as long as an authorizer may cache the table.
      if ((await gateway.keys.end(keyId, now)) === 'conflict') return 'conflict';
      await gateway.revoke({ kind: 'key', caller: clientCallerKey(key.clientId), name: keyId });
      return { keyId };
    },
  });
}

async function known(gateway: GatewayAccess, keyId: string): Promise<RegisteredKey> {
  const key = await gateway.keys.find(keyId);
  if (key !== undefined) return key;
  throw new OpsError(
    `${gateway.environment} has no key "${keyId}".`,
    'Give the id of a key, its third part: npm run ops -- clients show lists the keys of a client.',
  );
}

function ranges(text: string): string[] {
  const found = wordList(text);
  for (const range of found) {
    const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? [];
    const version = isIP(address);
    if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) {
      throw new InvalidArgumentError('Give ranges in CIDR notation, such as 192.0.2.0/24,2001:db8::/32.');
    }
  }
  return found;
}
