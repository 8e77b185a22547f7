/**
 * Writes one line of JSON per event, from which CloudWatch Logs Insights discovers fields. Never pass tokens
 * or secrets.
 */
export interface Log {
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** @param write Receives one line without its end. */
export function createLog(write: (line: string) => void): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      write(JSON.stringify({ level, message, ...fields }));
    };
  return { warn: at('warn'), error: at('error') };
}

/** Describes an error for a log: its name and message, and those of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}; caused by ${describeError(error.cause)}`;
}
