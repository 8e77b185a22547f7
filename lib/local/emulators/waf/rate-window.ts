/** AWS WAF evaluates its counts about every ten seconds. */
const bucketMs = 10_000;

/** The maximum number of counted keys (limit of AWS WAF rate-based rules). */
const maxKeys = 10_000;

/**
 * Counts requests per key over a sliding window, in buckets of ten seconds.
 *
 * @returns counts a request of a key and returns whether the key is over the limit.
 */
export function rateWindow(
  limit: number,
  windowSeconds: number,
  now: () => number,
): (key: string) => boolean {
  const buckets = Math.ceil((windowSeconds * 1_000) / bucketMs);
  const counts = new Map<string, Map<number, number>>();
  return (key) => {
    const current = Math.floor(now() / bucketMs);
    const own = counts.get(key) ?? new Map<number, number>();
    counts.delete(key);
    counts.set(key, own);
    if (counts.size > maxKeys) {
      for (const leastRecent of counts.keys()) {
        counts.delete(leastRecent);
        break;
      }
    }
    own.set(current, (own.get(current) ?? 0) + 1);
    let total = 0;
    for (const [bucket, count] of own) {
      if (bucket <= current - buckets) own.delete(bucket);
      else total += count;
    }
    return total > limit;
  };
}
