/** State of a local run cannot be read or written. The message names the file, the reason and the remedy. */
export class StateFault extends Error {
  override readonly name = 'StateFault';
}

/** @param path the file or folder that is at fault. */
export function stateFault(path: string, cause: unknown): StateFault {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StateFault(
    `The run's state in ${path} cannot be read: ${reason}\n` +
      'Restore it, or start with a clean state: npm start -- --reset',
    { cause },
  );
}
