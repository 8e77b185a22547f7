export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one structured log line. Values must be JSON; undefined fields are left out. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * A log that writes JSON lines.
 *
 * @param traceId the id of the current trace.
 */
export function createLog(
  service: string,
  write: (line: string) => void,
  time: () => Date,
  traceId: () => string | undefined,
): Log {
  return (level, message, fields = {}) => {
    const line = { time: time().toISOString(), level, service, message, traceId: traceId(), ...fields };
    write(`${JSON.stringify(line)}\n`);
  };
}
