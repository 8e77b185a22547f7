/**
 * Selects values in proportion to their weights by smooth weighted round robin. AWS selects at random: the proportions
 * are the same, and a local run is repeatable.
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
