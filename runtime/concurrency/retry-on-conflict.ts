/** Retries of a change that conflicted with a concurrent one. */
export interface RetryOptions {
  readonly wait: (milliseconds: number) => Promise<void>;
  /** A random number from 0 to below 1. */
  readonly random: () => number;
}

const maxAttempts = 20;
const longestPauseMilliseconds = 400;

/**
 * Runs the work until it returns a result. Work that returns none conflicted with a concurrent change, and is
 * retried after a growing random pause.
 *
 * @throws Error when every attempt conflicted; the caller should try again later.
 */
export async function retryOnConflict<T>(
  { wait, random }: RetryOptions,
  work: () => Promise<T | undefined>,
): Promise<T> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const answer = await work();
    if (answer !== undefined) return answer;
    await wait(random() * Math.min(5 * 2 ** attempt, longestPauseMilliseconds));
  }
  throw new Error(`The item was changed by others ${maxAttempts} times in a row.`);
}
