/** The first pause is at most so long, the next at most twice as long, and so on up to the longest. */
const firstDelayMilliseconds = 50;
const longestDelayMilliseconds = 1_000;

/**
 * How long to wait before another attempt, in milliseconds: anything up to the bound ("full jitter",
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that callers that failed together do
 * not come back together.
 *
 * @param attempt How many have failed since the first, from 0.
 * @param random At least 0, and less than 1.
 */
export function retryDelay(attempt: number, random: number): number {
  return random * Math.min(firstDelayMilliseconds * 2 ** attempt, longestDelayMilliseconds);
}
