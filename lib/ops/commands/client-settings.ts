import type { Command } from 'commander';
import { count, futureInstant, type ParsedRate, parseWith, rate } from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import { usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, type Session } from './session.ts';

interface SetOptions {
  readonly plan?: string;
  readonly rate?: ParsedRate | 'none';
  readonly burst?: number;
  readonly suspend?: true;
  readonly until?: string;
}

/** `clients set` and `clients reset`: what differs for one client, registered or not. */
export function addClientSettings(clients: Command, ports: OpsPorts): void {
  changeCommand<SetOptions>(
    clients
      .command('set')
      .argument('<client>', 'client id, also of an application whose users have tokens')
      .description('give one client a different plan or rate, or suspend it; usage is not reset')
      .option('--plan <name>', 'plan instead of the registered one')
      .option(
        '--rate <requests/period>',
        "rate in place of its plan's, such as 600/min; none restores the plan's",
        parseWith('none', rate),
      )
      .option('--burst <count>', 'requests admitted at once after a pause', count)
      .option('--suspend', 'refuse all its calls')
      .option('--until <time>', 'when the difference ends, such as 24h', futureInstant(ports.now)),
    ports,
    set,
  );
  changeCommand(
    clients
      .command('reset')
      .argument('<client>')
      .description('end what clients set has changed for one client'),
    ports,
    reset,
  );
}

async function reset(session: Session<ChangeOptions>, clientId = ''): Promise<Report> {
  return await changePolicy(session, (policy) => {
    const { [clientId]: _, ...clients } = policy.clients;
    return { ...policy, clients };
  });
}

async function set(session: Session<SetOptions & ChangeOptions>, clientId = ''): Promise<Report> {
  const { options } = session;
  const { plan, burst, until, suspend } = options;
  if (plan === undefined && options.rate === undefined && suspend === undefined) {
    throw usageError('No setting is given.', 'Give --plan, --rate with --burst, or --suspend.');
  }
  const hasRate = options.rate !== undefined && options.rate !== 'none';
  if (hasRate !== (burst !== undefined)) {
    throw usageError('--rate and --burst must be given together.', 'For example: --rate 600/min --burst 60.');
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
    // An identical override changes nothing, even with another reason.
    if (JSON.stringify(settled) === JSON.stringify(before)) return policy;
    return { ...policy, clients: { ...policy.clients, [clientId]: { ...settled, reason: options.reason } } };
  });
}
