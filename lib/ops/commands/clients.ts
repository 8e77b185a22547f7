import type { Command } from 'commander';
import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import { clientCallerKey } from '../../../runtime/tokens/identity.ts';
import type { RegisteredClient } from '../access/client-registry.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import { dayOfMonth, formatAmount, formatBytes, futureInstant } from './argument-parsers.ts';
import { applyRecordedChange } from './change-record.ts';
import { addClientSettings } from './client-settings.ts';
import { allowance } from './clients-over-quota.ts';
import { exitCodes, OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';
import { revocationEffect } from './tokens.ts';

interface ListOptions {
  readonly all?: true;
}

interface AddOptions {
  readonly plan: string;
  readonly name?: string;
  readonly monthStart: number;
  readonly expires?: string;
}

interface SuspendOptions {
  readonly resume?: true;
}

/** How long an authorizer caches an item of the clients table. */
export const directoryEffect = 'within 60 seconds, when the caches of the authorizer have expired';

/** `clients`: registered clients with API keys, and overrides for single clients. */
export function addClients(program: Command, ports: OpsPorts): void {
  const clients = program
    .command('clients')
    .description('Registered clients with API keys, and what differs for single clients.');
  readCommand<ListOptions>(
    clients
      .command('list')
      .description('list registered clients')
      .option('--all', 'also applications whose users have tokens, if clients set or quota grant names them'),
    ports,
    list,
  );
  readCommand(
    clients.command('show').argument('<client>').description('show one client, its keys and its override'),
    ports,
    show,
  );
  changeCommand<AddOptions>(
    clients
      .command('add')
      .argument('<client>', 'client id')
      .description('register a client; create its keys with keys create')
      .requiredOption('--plan <name>', 'usage plan')
      .option('--name <text>', 'display name')
      .option('--month-start <day>', 'day of the month on which its quota month begins', dayOfMonth, 1)
      .option('--expires <date>', 'when the client expires', futureInstant(ports.now)),
    ports,
    add,
  );
  addClientSettings(clients, ports);
  changeCommand(
    clients
      .command('remove')
      .argument('<client>')
      .description('revoke the keys of a registered client, and remove it'),
    ports,
    remove,
  );
  changeCommand<SuspendOptions>(
    clients
      .command('suspend')
      .argument('<client>')
      .description('refuse all calls of a registered client')
      .option('--resume', 'accept its calls again'),
    ports,
    suspend,
  );
}

async function list({ gateway, ports, options }: Session<ListOptions>): Promise<Report> {
  const [{ policy }, found] = await Promise.all([gateway.policies.current(), gateway.clients.list()]);
  const all = options.all === true ? [...found, ...applications(gateway, policy, found)] : found;
  const clients = all.map((client) => describe(gateway, policy, client, ports.now()));
  return {
    json: { environment: gateway.environment, clients },
    text: textTable(
      ['CLIENT', 'NAME', 'PLAN', 'REQUESTS/MONTH', 'KEYS', 'STATE'],
      clients.map((client) => [
        client.clientId,
        client.name,
        client.effectivePlan,
        formatAmount(client.requestsPerMonth),
        `${client.keys.length}`,
        client.state,
      ]),
    ),
  };
}

async function show({ gateway, ports }: Session, clientId = ''): Promise<Report> {
  const [{ policy }, found] = await Promise.all([gateway.policies.current(), registered(gateway, clientId)]);
  const now = ports.now();
  const keys = await gateway.keys.ofClient(found);
  const override = policy.clients[clientId] ?? null;
  const grants = policy.grants.filter((grant) => grant.clientId === clientId);
  const client = describe(gateway, policy, found, now);
  return {
    json: { environment: gateway.environment, ...client, keys, override, grants },
    text: [
      `Client      ${clientId} (${client.name})`,
      `State       ${client.state}`,
      `Plan        ${client.effectivePlan}${client.effectivePlan === found.plan ? '' : ` in place of ${found.plan}`}`,
      `Requests    ${formatAmount(client.requestsPerMonth)} a month, grants included`,
      `Bytes       ${formatBytes(client.bytesPerMonth)} a month`,
      `Expires     ${client.expiresAt ?? 'never'}`,
      `Override    ${override === null ? 'none' : JSON.stringify(override)}`,
      ...grants.map(
        (grant) => `Grant       +${formatAmount(grant.requests)} until ${grant.until}: ${grant.reason}`,
      ),
      '',
      keys.length === 0
        ? 'It has no key. Create one with npm run ops -- keys create.'
        : textTable(
            ['KEY', 'SECRETS', 'PERMISSIONS', 'FROM', 'EXPIRES'],
            keys.map((key) => [
              key.keyId,
              `${key.secrets.length}`,
              key.permissions.join(' ') || '-',
              key.addresses?.join(' ') ?? 'anywhere',
              key.expiresAt ?? 'never',
            ]),
          ),
    ].join('\n'),
  };
}

async function add(session: Session<AddOptions & ChangeOptions>, clientId = ''): Promise<Report> {
  const { gateway, options } = session;
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(clientId)) {
    throw usageError(
      `"${clientId}" is not a valid client id.`,
      'Use lower-case letters, digits, dots, hyphens and underscores, at most 64 characters.',
    );
  }
  await knownPlan(gateway, options.plan);
  if ((await gateway.clients.find(clientId)) !== undefined) {
    throw new OpsError(
      `The client "${clientId}" already exists.`,
      'Choose another id, or change that client with npm run ops -- clients set.',
      exitCodes.conflict,
    );
  }
  const client = {
    clientId,
    name: options.name ?? clientId,
    plan: options.plan,
    monthStartDay: options.monthStart,
    expiresAt: options.expires ?? null,
  };
  return await applyRecordedChange(session, {
    document: `client:${clientId}`,
    changes: [{ path: clientId, after: client }],
    effect: 'with its first key',
    apply: async () => ((await gateway.clients.add(client)) === 'conflict' ? 'conflict' : { client }),
  });
}

async function remove(session: Session<ChangeOptions>, clientId = ''): Promise<Report> {
  const { gateway, ports } = session;
  const client = await registered(gateway, clientId);
  const now = ports.now();
  const keys = await gateway.keys.ofClient(client);
  const live = keys.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now);
  return await applyRecordedChange(session, {
    document: `client:${clientId}`,
    changes: [
      ...live.map(({ keyId, expiresAt }) => ({
        path: `${keyId}.expiresAt`,
        before: expiresAt,
        after: new Date(now).toISOString(),
      })),
      { path: clientId, before: client },
    ],
    effect: revocationEffect,
    apply: async () => {
      for (const { keyId } of live) {
        await gateway.keys.end(keyId, now);
        await gateway.revoke({ kind: 'key', caller: clientCallerKey(clientId), name: keyId });
      }
      // After its keys, so that an interrupted removal can be run again.
      return (await gateway.clients.remove(clientId)) === 'conflict' ? 'conflict' : { clientId };
    },
  });
}

async function suspend(session: Session<SuspendOptions & ChangeOptions>, clientId = ''): Promise<Report> {
  const { gateway, options } = session;
  const { isSuspended } = await registered(gateway, clientId);
  const suspended = options.resume !== true;
  return await applyRecordedChange(session, {
    document: `client:${clientId}`,
    changes:
      isSuspended === suspended
        ? []
        : [{ path: `${clientId}.suspended`, before: isSuspended, after: suspended }],
    effect: directoryEffect,
    apply: async () =>
      (await gateway.clients.suspend(clientId, suspended)) === 'conflict' ? 'conflict' : { suspended },
  });
}

/** Applications that the policy names and that are not registered: their users have tokens. */
function applications(
  { catalogue }: GatewayAccess,
  policy: RuntimePolicy,
  found: readonly RegisteredClient[],
): readonly RegisteredClient[] {
  const known = new Set(found.map(({ clientId }) => clientId));
  const named = [...Object.keys(policy.clients), ...policy.grants.map(({ clientId }) => clientId)];
  return [...new Set(named)]
    .filter((clientId) => !known.has(clientId))
    .sort()
    .map((clientId) => ({
      clientId,
      name: '(tokens)',
      plan: catalogue.defaultPlan,
      isSuspended: false,
      monthStartDay: 1,
      expiresAt: null,
      keys: [],
    }));
}

/** Returns the client with this id. */
export async function registered(gateway: GatewayAccess, clientId: string): Promise<RegisteredClient> {
  const client = await gateway.clients.find(clientId);
  if (client !== undefined) return client;
  throw new OpsError(
    `${gateway.environment} has no registered client "${clientId}".`,
    'Run npm run ops -- clients list to see registered clients. For an application whose users have tokens, use npm run ops -- clients set.',
  );
}

async function knownPlan({ policies, catalogue, environment }: GatewayAccess, plan: string): Promise<void> {
  const { policy } = await policies.current();
  const plans = Object.keys({ ...catalogue.plans, ...policy.plans });
  if (plans.includes(plan)) return;
  throw new OpsError(`${environment} has no plan "${plan}".`, `Use one of: ${plans.join(', ')}.`);
}

function describe(gateway: GatewayAccess, policy: RuntimePolicy, client: RegisteredClient, now: number) {
  const { plan, requests, bytes } = allowance(gateway, policy, client, now);
  const override = policy.clients[client.clientId];
  const isOverridden =
    override?.suspended === true &&
    (override.expiresAt === undefined || Date.parse(override.expiresAt) > now);
  const isExpired = client.expiresAt !== null && Date.parse(client.expiresAt) <= now;
  const state = client.isSuspended || isOverridden ? 'suspended' : isExpired ? 'expired' : 'active';
  return { ...client, effectivePlan: plan, requestsPerMonth: requests, bytesPerMonth: bytes, state };
}
