/** How a change is tried again that met another's. */
export interface RetryOptions {
  readonly wait: (milliseconds: number) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
}

const maxAttempts = 20;
const longestPauseMilliseconds = 400;

/**
 * Runs the work until it has an answer. Work without one has met somebody else's change, and begins anew after a pause
 * that grows and differs.
 *
 * @throws Error when everybody else was faster each time: whoever called is to come back later.
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
