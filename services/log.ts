export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one structured line. Values must be JSON; `undefined` is left out. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** A log of JSON lines. */
export function createLog(service: string, write: (line: string) => void, time: () => Date): Log {
  return (level, message, fields = {}) =>
    write(`${JSON.stringify({ time: time().toISOString(), level, service, message, ...fields })}\n`);
}
