import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { createApiKey, hashApiKey, maskApiKey } from '../../../lambda/auth/identity/api-key.ts';
import { clientCallerKey } from '../../../runtime/tokens/identity.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import type { RegisteredKey } from '../access/key-registry.ts';
import { futureInstant, parseWith, secondsFromNow, wordList } from './argument-parsers.ts';
import { applyRecordedChange } from './change-record.ts';
import { directoryEffect, registered } from './clients.ts';
import { documentChanges } from './document-difference.ts';
import { OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';
import { revocationEffect } from './tokens.ts';

interface CreateOptions {
  readonly permissions?: string[];
  readonly addresses?: string[];
  readonly expires?: string;
}

interface SetOptions {
  readonly permissions?: string[] | 'none';
  readonly addresses?: string[] | 'anywhere';
  readonly expires?: string;
}

interface ListOptions {
  readonly client?: string;
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
      .option(
        '--expires <time>',
        'when the key expires, such as 90d or 2027-01-01',
        futureInstant(ports.now),
      ),
    ports,
    create,
  );
  readCommand<ListOptions>(
    keys
      .command('list')
      .description('list keys, with what they may do')
      .option('--client <id>', 'only the keys of one client'),
    ports,
    list,
  );
  changeCommand<SetOptions>(
    keys
      .command('set')
      .argument('<key>', 'key id, the third part of the key')
      .description('change what a key may do; its secret stays')
      .option('--permissions <list>', 'all its permissions, or none', parseWith('none', noneOr(wordList)))
      .option(
        '--addresses <list>',
        'all its address ranges, or anywhere',
        parseWith('anywhere', anywhereOr(ranges)),
      )
      .option(
        '--expires <time>',
        'when it expires, or never',
        parseWith('never', neverOr(futureInstant(ports.now))),
      ),
    ports,
    set,
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

const noneOr = wordIs('none');
const anywhereOr = wordIs('anywhere');
const neverOr = wordIs('never');

/** Null for the word, for `parseWith`. */
function wordIs(word: string) {
  return <Value>(read: (text: string) => Value) =>
    (text: string): Value | null =>
      text === word ? null : read(text);
}

async function list({ gateway, ports, options }: Session<ListOptions>): Promise<Report> {
  const clients =
    options.client === undefined ? await gateway.clients.list() : [await registered(gateway, options.client)];
  const found = (await Promise.all(clients.map((client) => gateway.keys.ofClient(client)))).flat();
  const now = ports.now();
  const keys = found.map((key) => ({ ...key, state: stateOf(key, now) }));
  return {
    json: { environment: gateway.environment, keys },
    text:
      keys.length === 0
        ? 'There are no keys. Create one with npm run ops -- keys create.'
        : textTable(
            ['KEY', 'CLIENT', 'STATE', 'EXPIRES', 'PERMISSIONS', 'FROM'],
            keys.map((key) => [
              key.keyId,
              key.clientId,
              key.state,
              key.expiresAt ?? 'never',
              key.permissions.join(' ') || 'none',
              key.addresses?.join(' ') ?? 'anywhere',
            ]),
          ),
  };
}

function stateOf({ expiresAt }: RegisteredKey, now: number): 'active' | 'ended' {
  return expiresAt !== null && Date.parse(expiresAt) <= now ? 'ended' : 'active';
}

async function set(session: Session<SetOptions & ChangeOptions>, keyId = ''): Promise<Report> {
  const { gateway, ports, options } = session;
  const key = await known(gateway, keyId);
  if ([options.permissions, options.addresses, options.expires].every((value) => value === undefined)) {
    throw usageError(
      'No setting is given.',
      'Give at least one of --permissions, --addresses and --expires.',
    );
  }
  if (stateOf(key, ports.now()) === 'ended') {
    throw new OpsError(`The key ${keyId} has ended.`, 'Create another one with npm run ops -- keys create.');
  }
  const after = {
    permissions: options.permissions === 'none' ? [] : (options.permissions ?? key.permissions),
    addresses: options.addresses === 'anywhere' ? null : (options.addresses ?? key.addresses),
    expiresAt: options.expires === 'never' ? null : (options.expires ?? key.expiresAt),
  };
  const { permissions, addresses, expiresAt } = key;
  return await applyRecordedChange(session, {
    document: `key:${keyId}`,
    changes: documentChanges({ [keyId]: { permissions, addresses, expiresAt } }, { [keyId]: after }),
    effect: directoryEffect,
    apply: async () =>
      (await gateway.keys.set(keyId, after)) === 'conflict' ? 'conflict' : { keyId, ...after },
    resultText: () => withoutPermissions(after.permissions),
  });
}

/** A key without permissions is rarely meant. */
function withoutPermissions(permissions: readonly string[]): string {
  return permissions.length > 0
    ? ''
    : 'The key has no permissions: it may only call routes that take any valid credential. Give it some: npm run ops -- keys set KEY --permissions "orders:read".';
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
    effect: 'now; an instance that just rejected the key may need 10 seconds',
    apply: async () => {
      const hash = hashApiKey(made, await gateway.keyPepper());
      const written = await gateway.keys.add(key, hash);
      return written === 'conflict' ? 'conflict' : { keyId: made.id, key: made.text };
    },
    resultText: (result) =>
      [withoutPermissions(key.permissions), `The key, which is not shown again:\n${result.key}`]
        .filter(Boolean)
        .join('\n'),
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
