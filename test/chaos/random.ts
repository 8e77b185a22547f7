/** A generator of numbers from 0 to below 1 (mulberry32). The same seed repeats a failure. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Prints and returns `CHAOS_SEED`, or a new seed if it is not set. */
export function chaosSeed(suite: string): number {
  const given = process.env['CHAOS_SEED'];
  const seed = given === undefined || given === '' ? Math.floor(Math.random() * 1e9) : Number(given);
  console.log(`${suite}: CHAOS_SEED=${seed}`);
  return seed;
}
