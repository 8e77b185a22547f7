/** The metered quantities of calls. */
export interface Counts {
  readonly requests: number;
  /** In both directions. */
  readonly bytes: number;
  /** Of the answers only. */
  readonly bytesOut: number;
}

export const zeroCounts: Counts = { requests: 0, bytes: 0, bytesOut: 0 };

export function sum(a: Counts, b: Counts): Counts {
  return {
    requests: a.requests + b.requests,
    bytes: a.bytes + b.bytes,
    bytesOut: a.bytesOut + b.bytesOut,
  };
}

export function difference(a: Counts, b: Counts): Counts {
  return sum(a, { requests: -b.requests, bytes: -b.bytes, bytesOut: -b.bytesOut });
}
