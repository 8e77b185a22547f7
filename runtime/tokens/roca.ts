/**
 * The primes of the published detector: those up to 167, except 2, by which every odd number has the same
 * remainder.
 */
const primes: readonly number[] = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

const generator = 65_537;

/** By prime, the remainders of the generator's powers. */
const powers = primes.map((prime): readonly [number, ReadonlySet<number>] => {
  const residues = new Set<number>();
  for (let power = 1; !residues.has(power); power = (power * generator) % prime) residues.add(power);
  return [prime, residues];
});

/**
 * Whether a modulus has the fingerprint of CVE-2017-15361 (Nemec and others, "The Return of Coppersmith's
 * Attack", CCS 2017, section 3.2): the library made primes of the form k·M + (65537^a mod M), with M a
 * product of small primes, so the modulus is a power of 65537 modulo each of them, too. Such a key can be
 * factored in practical time. An ordinary key has the fingerprint at most once in 2^27 cases.
 */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return powers.every(([prime, residues]) => residues.has(Number(modulus % BigInt(prime))));
}
