/** What is counted of calls. */
export interface Counts {
  readonly requests: number;
  /** Both ways. */
  readonly bytes: number;
  /** Of the answers alone. */
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
