import { OpsError, usageError } from './commands/ops-error.ts';

export interface ConfirmOptions {
  /** True skips the question. */
  readonly yes: boolean;
  /** What the operator types to agree. @default y or yes */
  readonly word?: string;
}

/**
 * Asks before something is changed; returns when the operator agrees.
 *
 * @param io `ask` is undefined without a terminal.
 * @param question what will happen, without what to type.
 * @throws {OpsError} when the operator does not agree, or without a terminal and without --yes.
 */
export async function confirm(
  { ask }: { readonly ask: ((question: string) => Promise<string>) | undefined },
  question: string,
  { yes, word }: ConfirmOptions,
): Promise<void> {
  if (yes) return;
  if (ask === undefined) throw usageError(`${question}\nThis needs confirmation.`, 'Add --yes.');
  const answer = (await ask(`${question}\nType ${word ?? 'yes'} to continue: `)).trim();
  if (word === undefined ? /^y(es)?$/i.test(answer) : answer === word) return;
  throw new OpsError('Not confirmed, so nothing was changed.', `Type ${word ?? 'yes'}, or add --yes.`);
}
