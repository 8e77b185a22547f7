/** Numbers from 0 up to 1 that follow from a seed (mulberry32), so that a failure can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `CHAOS_SEED`, else a new one; printed in either case. */
export function chaosSeed(suite: string): number {
  const given = process.env['CHAOS_SEED'];
  const seed = given === undefined || given === '' ? Math.floor(Math.random() * 1e9) : Number(given);
  console.log(`${suite}: CHAOS_SEED=${seed}`);
  return seed;
}
