/**
 * How a command ends. Scripts may rely on these numbers.
 *
 * 0 done, also where nothing had to change; 1 refused or failed, and nothing was changed unless the message says so;
 * 2 the command line is at fault; 3 somebody else has changed the same thing meanwhile, and their change stands.
 */
export const exitCodes = { done: 0, failed: 1, usage: 2, conflict: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command: what is wrong, and what to do about it. */
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

/** A value on the command line that cannot be what is meant. */
export function usageError(message: string, remedy: string): OpsError {
  return new OpsError(message, remedy, exitCodes.usage);
}
