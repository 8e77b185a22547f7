/** The state of a local run cannot be read or written. The message names the file, the reason and the remedy. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** @param path the invalid file or folder. */
export function stateError(path: string, cause: unknown): StateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StateError(
    `The run state in ${path} cannot be read: ${reason}\n` +
      'Restore it, or start with a clean state: npm start -- --reset',
    { cause },
  );
}
