/**
 * Delay in milliseconds before a batch is delivered again that its handler refused so many times in a row:
 * 100 ms, doubling up to 5 s.
 */
export function retryDelayMilliseconds(failures: number): number {
  return Math.min(100 * 2 ** (failures - 1), 5_000);
}
