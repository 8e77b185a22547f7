import type { Command } from 'commander';
import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { RegisteredClient } from '../access/client-registry.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import {
  count,
  dayOfMonth,
  formatAmount,
  formatBytes,
  futureInstant,
  type ParsedRate,
  parseWith,
  rate,
} from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import { applyRecordedChange } from './change-record.ts';
import { allowance } from './clients-over-quota.ts';
import { exitCodes, OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

interface AddOptions {
  readonly plan: string;
  readonly name?: string;
  readonly monthStart: number;
  readonly expires?: string;
}

interface OverrideOptions {
  readonly plan?: string;
  readonly rate?: ParsedRate | 'none';
  readonly burst?: number;
  readonly suspend?: true;
  readonly until?: string;
  readonly remove?: true;
}

interface SuspendOptions {
  readonly resume?: true;
}

/** The longest that an authorizer remembers what the clients' table has told it. */
export const directoryEffect = 'within 60 seconds, when no process remembers the table as it was';

/** `clients`: who calls with keys of their own, and what differs for one of them. */
export function addClients(program: Command, ports: OpsPorts): void {
  const clients = program
    .command('clients')
    .description('Who calls with keys of their own, and what differs for one.');
  readCommand(clients.command('list').description('every registered client'), ports, list);
  readCommand(
    clients
      .command('show')
      .argument('<client>')
      .description('one client, its keys and what was settled for it'),
    ports,
    show,
  );
  changeCommand<AddOptions>(
    clients
      .command('add')
      .argument('<client>', 'its id')
      .description('register a client; its keys are made by keys create')
      .requiredOption('--plan <name>', 'its usage plan')
      .option('--name <text>', 'what people call it')
      .option('--month-start <day>', 'of the calendar month, on which its months begin', dayOfMonth, 1)
      .option('--expires <date>', 'when it ends by itself', futureInstant(ports.now)),
    ports,
    add,
  );
  changeCommand<OverrideOptions>(
    clients
      .command('override')
      .argument('<client>', 'its id, or that of an application whose users have tokens')
      .description('settle what differs for one client; usage is not reset')
      .option('--plan <name>', 'in place of its own')
      .option(
        '--rate <requests/period>',
        "in place of its plan's, such as 600/min, or none for the plan's again",
        parseWith('none', rate),
      )
      .option('--burst <count>', 'how many at once after a pause', count)
      .option('--suspend', 'refuse all of its calls')
      .option('--until <date>', 'when this ends by itself', futureInstant(ports.now))
      .option('--remove', 'end what was settled'),
    ports,
    override,
  );
  changeCommand<SuspendOptions>(
    clients
      .command('suspend')
      .argument('<client>')
      .description('refuse all calls of a registered client')
      .option('--resume', 'let it call again'),
    ports,
    suspend,
  );
}

async function list({ gateway, ports }: Session): Promise<Report> {
  const [{ policy }, found] = await Promise.all([gateway.policies.current(), gateway.clients.list()]);
  const clients = found.map((client) => describe(gateway, policy, client, ports.now()));
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
        ? 'It has no key. Make one with keys create.'
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
      `"${clientId}" is no id of a client.`,
      'Use lower-case letters, digits, dots, hyphens and underscores, at most 64 characters.',
    );
  }
  await knownPlan(gateway, options.plan);
  if ((await gateway.clients.find(clientId)) !== undefined) {
    throw new OpsError(
      `There is a client "${clientId}" already.`,
      'Take another id, or change that client with clients override.',
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

async function override(session: Session<OverrideOptions & ChangeOptions>, clientId = ''): Promise<Report> {
  const { options } = session;
  const { plan, burst, until, suspend } = options;
  if (options.remove === true) {
    return await changePolicy(session, (policy) => {
      const { [clientId]: _, ...clients } = policy.clients;
      return { ...policy, clients };
    });
  }
  if (plan === undefined && options.rate === undefined && suspend === undefined) {
    throw usageError('Nothing is to be settled.', 'Give --plan, --rate with --burst, --suspend or --remove.');
  }
  const hasRate = options.rate !== undefined && options.rate !== 'none';
  if (hasRate !== (burst !== undefined)) {
    throw usageError('A rate needs its burst, and a burst its rate.', 'Such as --rate 600/min --burst 60.');
  }
  const rate =
    options.rate !== undefined && options.rate !== 'none' && burst !== undefined
      ? { ...options.rate, burst }
      : undefined;
  return await changePolicy(session, (policy) => {
    const before = policy.clients[clientId];
    const { rate: _, ...withoutRate } = before ?? {};
    const settled = {
      ...(options.rate === 'none' ? withoutRate : before),
      ...(plan === undefined ? {} : { plan }),
      ...(rate === undefined ? {} : { rate }),
      ...(suspend === undefined ? {} : { suspended: suspend }),
      ...(until === undefined ? {} : { expiresAt: until }),
      reason: before?.reason ?? options.reason,
    };
    // The same again, for whatever reason, changes nothing.
    if (JSON.stringify(settled) === JSON.stringify(before)) return policy;
    return { ...policy, clients: { ...policy.clients, [clientId]: { ...settled, reason: options.reason } } };
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

/** The client of that id. */
export async function registered(gateway: GatewayAccess, clientId: string): Promise<RegisteredClient> {
  const client = await gateway.clients.find(clientId);
  if (client !== undefined) return client;
  throw new OpsError(
    `${gateway.environment} has no registered client "${clientId}".`,
    'See clients list. What is settled for an application whose users have tokens is under clients override.',
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
