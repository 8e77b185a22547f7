/** An amount in minor units (cents), which avoids rounding, and its ISO 4217 currency. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** Formats `{amount: 99900}` as `999.00`. The shop sells only in currencies with two decimals. */
export function decimal({ amount }: Money): string {
  return `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
}
