/** An amount in minor units (cents) and its ISO 4217 currency, so that no sum is ever rounded. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** `{amount: 99900}` as `999.00`. The store sells in currencies of two decimals only. */
export function decimal({ amount }: Money): string {
  return `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
}
