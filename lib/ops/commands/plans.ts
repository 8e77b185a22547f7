import type { Command } from 'commander';
import type { PlanPolicy } from '../../../lambda/auth/contract.ts';
import { type EffectivePlan, effectivePlans, type GatewayAccess } from '../access/gateway-access.ts';
import {
  count,
  formatAmount,
  formatBytes,
  monthlyAmount,
  orNull,
  type ParsedRate,
  parseWith,
  rate,
} from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import { allowance } from './clients-over-quota.ts';
import { requestsUsed } from './live-usage.ts';
import { OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

interface SetOptions {
  readonly requests?: number | 'unlimited';
  readonly bytes?: number | 'unlimited';
  readonly rate?: ParsedRate | 'none';
  readonly burst?: number;
}

const unlimitedOr = parseWith('unlimited', monthlyAmount);

/** `plans`: monthly quotas and rates of clients. */
export function addPlans(program: Command, ports: OpsPorts): void {
  const plans = program.command('plans').description('Usage plans: monthly quotas and rates.');
  readCommand(
    plans.command('list').description('list plans, and whether an operator has changed them'),
    ports,
    list,
  );
  readCommand(
    plans.command('show').argument('<plan>').description('show one plan, its clients and their usage'),
    ports,
    show,
  );
  changeCommand<SetOptions>(
    plans
      .command('set')
      .argument('<plan>', 'an existing plan, or a new one')
      .description('change a plan for all its clients; usage is not reset')
      .option('--requests <amount>', 'per calendar month (UTC), such as 150000 or unlimited', unlimitedOr)
      .option('--bytes <amount>', 'per calendar month (UTC), such as 15GB or unlimited', unlimitedOr)
      .option('--rate <requests/period>', 'over all routes, such as 600/min or none', parseWith('none', rate))
      .option('--burst <count>', 'requests admitted at once after a pause', count),
    ports,
    set,
  );
  changeCommand(
    plans
      .command('reset')
      .argument('<plan>')
      .description('return a plan to the catalogue; one that is not there ends'),
    ports,
    reset,
  );
}

async function reset(session: Session<ChangeOptions>, name = ''): Promise<Report> {
  const { gateway } = session;
  const { policy } = await gateway.policies.current();
  planOf(gateway, effectivePlans(gateway.catalogue, policy), name);
  return await changePolicy(session, (current) => {
    const { [name]: _, ...plans } = current.plans;
    return { ...current, plans };
  });
}

async function list({ gateway }: Session): Promise<Report> {
  const { policy, revision } = await gateway.policies.current();
  const plans = [...effectivePlans(gateway.catalogue, policy)].map(([name, plan]) => ({ name, ...plan }));
  return {
    json: { environment: gateway.environment, policy: { version: policy.version, revision }, plans },
    text: textTable(
      ['PLAN', 'REQUESTS/MONTH', 'BYTES/MONTH', 'RATE', 'BURST', 'FROM'],
      plans.map((plan) => [plan.name, ...planCells(plan)]),
    ),
  };
}

async function show({ gateway, ports }: Session, name = ''): Promise<Report> {
  const { policy } = await gateway.policies.current();
  const plan = planOf(gateway, effectivePlans(gateway.catalogue, policy), name);
  const now = ports.now();
  const members = (await gateway.clients.list()).filter(
    (client) => allowance(gateway, policy, client, now).plan === name,
  );
  const clients = await Promise.all(
    members.map(async (client) => {
      const { requests: allowed } = allowance(gateway, policy, client, now);
      const [requests, { bytes }] = await Promise.all([
        requestsUsed(gateway, client, now),
        gateway.usage.current(client, now),
      ]);
      return { clientId: client.clientId, keys: client.keys.length, requests, bytes, allowed };
    }),
  );
  const entries = await gateway.audit.entries('policy', 1_000);
  const last = entries.find(
    ({ outcome, changes }) =>
      outcome === 'done' &&
      changes.some(({ path }) => new RegExp(`^plans(\\.${name}\\b|\\["${name}"\\]|$)`).test(path)),
  );
  const lastChange = last && { who: last.who, when: last.changedAt, reason: last.reason };
  return {
    json: { environment: gateway.environment, name, ...plan, clients, lastChange: lastChange ?? null },
    text: [
      textTable(
        ['PLAN', 'REQUESTS/MONTH', 'BYTES/MONTH', 'RATE', 'BURST', 'FROM'],
        [[name, ...planCells(plan)]],
      ),
      lastChange === undefined
        ? 'No operator has changed it.'
        : `Last changed by ${lastChange.who} at ${lastChange.when}: ${lastChange.reason}`,
      '',
      clients.length === 0
        ? 'No registered client has it.'
        : textTable(
            ['CLIENT', 'KEYS', 'REQUESTS THIS MONTH', 'USED', 'BYTES'],
            clients.map(({ clientId, keys, requests, bytes, allowed }) => [
              clientId,
              `${keys}`,
              formatAmount(requests),
              allowed === null ? '-' : `${((100 * requests) / allowed).toFixed(1)} %`,
              formatBytes(bytes),
            ]),
          ),
    ].join('\n'),
  };
}

async function set(
  session: Session<SetOptions & Parameters<typeof changePolicy>[0]['options']>,
  name = '',
): Promise<Report> {
  const { options, gateway } = session;
  if ([options.requests, options.bytes, options.rate, options.burst].every((value) => value === undefined)) {
    throw usageError('No setting is given.', 'Give at least one of --requests, --bytes, --rate and --burst.');
  }
  return await changePolicy(session, (policy) => {
    const before = effectivePlans(gateway.catalogue, policy).get(name);
    return { ...policy, plans: { ...policy.plans, [name]: changedPlan(name, before, options) } };
  });
}

function changedPlan(name: string, before: EffectivePlan | undefined, options: SetOptions) {
  const requestsPerMonth =
    options.requests === undefined ? before?.requestsPerMonth : orNull(options.requests);
  const bytesPerMonth = options.bytes === undefined ? before?.bytesPerMonth : orNull(options.bytes);
  if (requestsPerMonth === undefined || bytesPerMonth === undefined) {
    throw usageError(`The plan "${name}" does not exist.`, 'To create it, give --requests and --bytes.');
  }
  const plan = { requestsPerMonth, bytesPerMonth };
  if (options.rate === 'none') {
    if (options.burst === undefined) return plan;
    throw usageError('--burst has no effect with --rate none.', 'Remove --burst, or give a rate.');
  }
  const rate = options.rate ?? before?.rate;
  if (rate === undefined) {
    if (options.burst === undefined) return plan;
    throw usageError(
      `The plan "${name}" has no rate.`,
      'Give --rate with --burst, such as --rate 600/min --burst 60.',
    );
  }
  const burst = options.burst ?? before?.rate?.burst;
  if (burst === undefined) {
    throw usageError(
      'A new rate needs a burst.',
      'Add --burst, the number of requests admitted at once after a pause.',
    );
  }
  return { ...plan, rate: { requests: rate.requests, periodSeconds: rate.periodSeconds, burst } };
}

function planOf(
  { environment }: GatewayAccess,
  plans: ReadonlyMap<string, EffectivePlan>,
  name: string,
): EffectivePlan {
  const plan = plans.get(name);
  if (plan !== undefined) return plan;
  throw new OpsError(`${environment} has no plan "${name}".`, `Use one of: ${[...plans.keys()].join(', ')}.`);
}

function planCells(plan: PlanPolicy & { readonly source: string }): string[] {
  const { rate } = plan;
  return [
    formatAmount(plan.requestsPerMonth),
    formatBytes(plan.bytesPerMonth),
    rate === undefined ? '-' : `${rate.requests} in ${rate.periodSeconds} s`,
    rate === undefined ? '-' : `${rate.burst}`,
    plan.source,
  ];
}
