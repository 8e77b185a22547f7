import { type Change, describeChanges } from './document-difference.ts';
import { exitCodes, OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, confirm, type Session } from './session.ts';

/** A change outside the policy: of a client, a key, or what is revoked. */
export interface RecordedChange<Result extends object> {
  /** What is changed, for the audit: `client:acme`. */
  readonly document: string;
  readonly changes: readonly Change[];
  /** When it is in force. */
  readonly effect: string;
  /** `conflict`: somebody else was there first, and nothing was changed. */
  readonly apply: () => Promise<Result | 'conflict'>;
  /** What follows `Done:`; @default the effect alone */
  readonly resultText?: (result: Result) => string;
}

/** Shows, asks, notes and makes a change; nothing is done where there is nothing to change. */
export async function applyRecordedChange<Result extends object>(
  session: Session<ChangeOptions>,
  { document, changes, effect, apply, resultText: tell }: RecordedChange<Result>,
): Promise<Report> {
  const { gateway, ports, options, command } = session;
  const { environment } = gateway;
  const json = { environment, document, changes, dryRun: options.dryRun === true };
  const lines = describeChanges(changes);
  if (changes.length === 0) {
    return {
      json: { ...json, changed: false },
      text: `Nothing to change: ${environment} has it so already.`,
    };
  }
  if (options.dryRun === true) {
    const text = [...lines, 'A dry run: nothing was changed.'].join('\n');
    return { json: { ...json, changed: false, effect }, text };
  }
  await confirm(session, [`${command} changes:`, ...lines].join('\n'));
  const finish = await gateway.audit.begin({
    document,
    changedAt: new Date(ports.now()).toISOString(),
    who: gateway.who,
    reason: options.reason,
    command,
    changes,
  });
  const result = await apply().catch(async (error: unknown) => {
    await finish('failed');
    throw error;
  });
  if (result === 'conflict') {
    await finish('conflict');
    throw new OpsError(
      `Somebody else has changed ${document} meanwhile; their change stands, and this one was not made.`,
      'Look at it, then give the command again.',
      exitCodes.conflict,
    );
  }
  await finish('done');
  const done = [`Done: in force ${effect}.`, ...(tell === undefined ? [] : [tell(result)])];
  return { json: { ...json, ...result, changed: true, effect }, text: [...lines, ...done].join('\n') };
}
