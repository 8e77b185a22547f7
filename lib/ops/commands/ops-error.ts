/**
 * Exit codes of the commands. Scripts can rely on them.
 *
 * 0: done, or nothing to change. 1: refused or failed; nothing was changed unless the message says otherwise. 2:
 * invalid command line. 3: another operator changed the same document at the same time; their change is kept.
 */
export const exitCodes = { done: 0, failed: 1, usage: 2, conflict: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that ends a command, with its remedy. */
export class OpsError extends Error {
  readonly remedy: string;
  readonly exitCode: ExitCode;

  constructor(
    message: string,
    remedy: string,
    exitCode: ExitCode = exitCodes.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OpsError';
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/** An error for an invalid value on the command line. */
export function usageError(message: string, remedy: string): OpsError {
  return new OpsError(message, remedy, exitCodes.usage);
}
