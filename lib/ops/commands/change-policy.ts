import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import type { Rollout } from '../access/policy-store.ts';
import { type ClientOverQuota, clientsOverQuota, describeClientsOverQuota } from './clients-over-quota.ts';
import { type Change, describeChanges, documentChanges } from './document-difference.ts';
import { exitCodes, OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, confirm, type Session } from './session.ts';

/** What came of a change of the policy, for scripts. */
export interface PolicyChange {
  readonly changed: boolean;
  readonly dryRun: boolean;
  readonly environment: string;
  /** Of the document that is current now. */
  readonly revision: number;
  readonly version: string;
  readonly changes: readonly Change[];
  /** Who would have used up the month at once. */
  readonly overQuota: readonly ClientOverQuota[];
  /** When it is in force; null when nothing changes. */
  readonly effect: string | null;
}

/**
 * The one way by which a command changes the runtime policy: read it, edit it, check it, show it, ask, note it, store
 * it. A document that somebody else has changed meanwhile is not written over.
 *
 * @param edit gives the new document; it keeps its version when it is a former one.
 */
export async function changePolicy(
  session: Session<ChangeOptions>,
  edit: (policy: RuntimePolicy) => RuntimePolicy,
  rollout: Rollout = 'staged',
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
    effect: null,
  };
  if (changes.length === 0) return reportOf(outcome);

  const faults = gateway.faultsOf(next);
  if (faults.length > 0) {
    throw new OpsError(
      `The policy would not be valid:\n${faults.map(({ path, fault }) => `${path}: ${fault}`).join('\n')}`,
      faults.map(({ remedy }) => remedy).join('\n'),
    );
  }
  const over = await clientsOverQuota(gateway, stored.policy, next, ports.now());
  const effect = gateway.policies.effect(rollout);
  if (options.dryRun === true) return reportOf({ ...outcome, overQuota: over, effect });

  await confirm(
    session,
    [`${command} changes:`, ...describeChanges(changes), ...describeClientsOverQuota(over)].join('\n'),
  );
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
      'Somebody else has changed the policy meanwhile; their change stands, and this one was not made.',
      'Look at policy history, then give the command again.',
      exitCodes.conflict,
    );
  }
  await finish('done');
  return reportOf({ ...outcome, overQuota: over, effect, revision, version: next.version });
}

function reportOf(change: PolicyChange): Report {
  const { changes, overQuota: over, dryRun, version, revision, environment, effect } = change;
  if (changes.length === 0)
    return { json: change, text: `Nothing to change: ${environment} has it so already.` };
  const end = dryRun
    ? 'A dry run: nothing was changed.'
    : `Done: ${environment} runs policy ${version} (revision ${revision}) ${effect}.`;
  return {
    json: change,
    text: [...describeChanges(changes), ...describeClientsOverQuota(over), end].join('\n'),
  };
}

/** What operators compare: plans as the authorizer has them, be they the catalogue's, and all else as it is written. */
function inForce({ catalogue }: GatewayAccess, policy: RuntimePolicy): unknown {
  return { ...policy, version: undefined, plans: { ...catalogue.plans, ...policy.plans } };
}
