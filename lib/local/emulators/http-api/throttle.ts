/**
 * A token bucket: it admits calls at a sustained rate with a burst, as API Gateway throttles a route.
 *
 * @param ratePerSecond tokens added per second.
 * @param burst the maximum and the initial number of tokens.
 * @param now milliseconds since 1970.
 */
export function tokenBucket(ratePerSecond: number, burst: number, now: () => number): () => boolean {
  let tokens = burst;
  let filledMs = now();
  return () => {
    const nowMs = now();
    tokens = Math.min(burst, tokens + (Math.max(0, nowMs - filledMs) / 1_000) * ratePerSecond);
    filledMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
