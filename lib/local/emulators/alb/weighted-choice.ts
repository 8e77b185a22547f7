/**
 * Takes values in proportion to their weights, evenly spread (smooth weighted round robin) rather than at random as
 * AWS does: the proportions are the same, and a run can be repeated.
 *
 * @returns undefined when every weight is zero.
 */
export function weightedChoice<T>(
  options: readonly { readonly value: T; readonly weight: number }[],
): () => T | undefined {
  const candidates = options.filter(({ weight }) => weight > 0).map((option) => ({ ...option, credit: 0 }));
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  return () => {
    let chosen: (typeof candidates)[number] | undefined;
    for (const candidate of candidates) {
      candidate.credit += candidate.weight;
      if (chosen === undefined || candidate.credit > chosen.credit) chosen = candidate;
    }
    if (chosen !== undefined) chosen.credit -= total;
    return chosen?.value;
  };
}
