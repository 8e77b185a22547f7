import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import type { Rollout } from '../access/policy-store.ts';
import { confirm as ask } from '../confirm.ts';
import { type ClientOverQuota, clientsOverQuota, describeClientsOverQuota } from './clients-over-quota.ts';
import { type Change, describeChanges, documentChanges } from './document-difference.ts';
import { exitCodes, OpsError } from './ops-error.ts';
import { policyLosses } from './policy-losses.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, confirm, type Session } from './session.ts';

/** Result of a policy change, for scripts. */
export interface PolicyChange {
  readonly changed: boolean;
  readonly dryRun: boolean;
  readonly environment: string;
  /** Revision of the current document. */
  readonly revision: number;
  readonly version: string;
  readonly changes: readonly Change[];
  /** Clients that have already used more than the change allows them this month. */
  readonly overQuota: readonly ClientOverQuota[];
  /** Who loses what by a rollback, one sentence each. */
  readonly losses: readonly string[];
  /** The former revision that is restored; null for another change. */
  readonly copyOf: number | null;
  /** When the change is in force; null when nothing changes. */
  readonly effect: string | null;
}

/**
 * Changes the runtime policy: reads, edits, validates and shows it, asks for confirmation, records the change, and
 * stores it. It never overwrites a concurrent change.
 *
 * @param edit returns the new document. A former document keeps its version.
 * @param copyOf the former revision that is restored: then callers who lose something are shown, and it asks.
 */
export async function changePolicy(
  session: Session<ChangeOptions>,
  edit: (policy: RuntimePolicy) => RuntimePolicy,
  rollout: Rollout = 'staged',
  copyOf?: number,
): Promise<Report> {
  const { gateway, ports, options, command } = session;
  const stored = await gateway.policies.current();
  const edited = edit(stored.policy);
  const revision = stored.revision + 1;
  const next = edited.version === stored.policy.version ? { ...edited, version: `r${revision}` } : edited;
  const changes = documentChanges(inForce(gateway, stored.policy), inForce(gateway, next));
  const outcome: PolicyChange = {
    changed: changes.length > 0 && options.dryRun !== true,
    dryRun: options.dryRun === true,
    environment: gateway.environment,
    revision: stored.revision,
    version: stored.policy.version,
    changes,
    overQuota: [],
    losses: [],
    copyOf: copyOf ?? null,
    effect: null,
  };
  if (changes.length === 0) return reportOf(outcome);

  const faults = gateway.faultsOf(next);
  if (faults.length > 0) {
    throw new OpsError(
      `The policy is invalid:\n${faults.map(({ path, fault }) => `${path}: ${fault}`).join('\n')}`,
      faults.map(({ remedy }) => remedy).join('\n'),
    );
  }
  const over = await clientsOverQuota(gateway, stored.policy, next, ports.now());
  const effect = gateway.policies.effect(rollout);
  const losses = copyOf === undefined ? [] : await policyLosses(gateway, stored.policy, next, ports.now());
  const described = { ...outcome, overQuota: over, losses, effect };
  if (options.dryRun === true) return reportOf(described);

  const question = [`${command} changes:`, ...linesOf(described)].join('\n');
  if (losses.length > 0 && !gateway.isProduction) await ask(ports, question, { yes: options.yes === true });
  else await confirm(session, question);
  const finish = await gateway.audit.begin({
    document: 'policy',
    changedAt: new Date(ports.now()).toISOString(),
    who: gateway.who,
    reason: options.reason,
    command,
    changes,
    revision,
  });
  const result = await gateway.policies
    .replace(next, stored.revision, rollout)
    .catch(async (error: unknown) => {
      await finish('failed');
      throw error;
    });
  if (result === 'conflict') {
    await finish('conflict');
    throw new OpsError(
      'Another operator changed the policy at the same time. Their change is kept; yours was not made.',
      'Review npm run ops -- policy history, then run the command again.',
      exitCodes.conflict,
    );
  }
  await finish('done');
  return reportOf({ ...described, revision, version: next.version });
}

function reportOf(change: PolicyChange): Report {
  const { changes, dryRun, revision, environment, effect, copyOf } = change;
  if (changes.length === 0)
    return { json: change, text: `Nothing to change: this is already set in ${environment}.` };
  const end = dryRun
    ? 'Dry run: nothing was changed.'
    : `Revision ${revision}${copyOf === null ? '' : `, a copy of revision ${copyOf},`} is active ${effect}.`;
  return {
    json: change,
    text: [...linesOf(change), end].join('\n'),
  };
}

function linesOf({ changes, overQuota, losses }: PolicyChange): string[] {
  return [
    ...describeChanges(changes),
    ...losses.map((loss) => `! ${loss}`),
    ...describeClientsOverQuota(overQuota),
  ];
}

/** The documents to compare: plans as the authorizer applies them, everything else as stored. */
function inForce({ catalogue }: GatewayAccess, policy: RuntimePolicy): unknown {
  return { ...policy, version: undefined, plans: { ...catalogue.plans, ...policy.plans } };
}
