/** AWS WAF looks at its counts about every ten seconds. */
const bucketMs = 10_000;

/** At most so many keys are counted (AWS WAF limit of a rate-based rule). */
const maxKeys = 10_000;

/**
 * Counts requests of each key over a sliding window, in buckets of ten seconds.
 *
 * @returns tells of a key's next request whether it is over the limit.
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
    const mine = counts.get(key) ?? new Map<number, number>();
    counts.delete(key);
    counts.set(key, mine);
    if (counts.size > maxKeys) {
      for (const longestQuiet of counts.keys()) {
        counts.delete(longestQuiet);
        break;
      }
    }
    mine.set(current, (mine.get(current) ?? 0) + 1);
    let total = 0;
    for (const [bucket, count] of mine) {
      if (bucket <= current - buckets) mine.delete(bucket);
      else total += count;
    }
    return total > limit;
  };
}
