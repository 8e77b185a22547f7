/**
 * Admits calls at a sustained rate with a burst, as API Gateway throttles a route.
 *
 * @param ratePerSecond tokens added a second.
 * @param burst tokens held at most, and at first.
 * @param now milliseconds.
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
