import { type Change, describeChanges } from './document-difference.ts';
import { exitCodes, OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, confirm, type Session } from './session.ts';

/** A change outside the policy: to a client, a key, or revocations. */
export interface RecordedChange<Result extends object> {
  /** The changed document, for the audit log: `client:acme`. */
  readonly document: string;
  readonly changes: readonly Change[];
  /** When the change is in force. */
  readonly effect: string;
  /** `conflict`: another operator was first, and nothing was changed. */
  readonly apply: () => Promise<Result | 'conflict'>;
  /** Text after `Done:`; @default the effect alone */
  readonly resultText?: (result: Result) => string;
}

/**
 * Shows a change, asks for confirmation, records and makes it. Does nothing if there is nothing to change.
 */
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
      text: `Nothing to change: this is already set in ${environment}.`,
    };
  }
  if (options.dryRun === true) {
    const text = [...lines, 'Dry run: nothing was changed.'].join('\n');
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
      `Another operator changed ${document} at the same time. Their change is kept; yours was not made.`,
      'Review it, then run the command again.',
      exitCodes.conflict,
    );
  }
  await finish('done');
  const done = [`Done: in force ${effect}.`, tell?.(result) ?? ''].filter(Boolean);
  return { json: { ...json, ...result, changed: true, effect }, text: [...lines, ...done].join('\n') };
}
