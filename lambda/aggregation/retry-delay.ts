/** Longest first pause; each next one may be twice as long, up to the maximum. */
const firstDelayMilliseconds = 50;
const longestDelayMilliseconds = 1_000;

/**
 * How long to wait before a retry, in milliseconds: a random time up to the bound ("full jitter",
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that callers which failed
 * together do not retry together.
 *
 * @param attempt Number of failed retries, from 0.
 * @param random At least 0, and less than 1.
 */
export function retryDelay(attempt: number, random: number): number {
  return random * Math.min(firstDelayMilliseconds * 2 ** attempt, longestDelayMilliseconds);
}
