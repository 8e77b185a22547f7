import { readdirSync } from 'node:fs';

/** `npm run bench -- NAME…`: runs `test/bench/NAME.bench.ts`, or all of them without a name. */
const suffix = '.bench.ts';
const folder = new URL('.', import.meta.url);
const known = readdirSync(folder)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length));

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No benchmark "${unknown.join('", "')}". There are: ${known.join(', ')}.\n`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : known) {
  const { run } = (await import(new URL(name + suffix, folder).href)) as {
    run: (print: (text: string) => void) => Promise<void>;
  };
  await run((text) => process.stdout.write(`${text}\n`));
}
// Measured clients may keep connections open.
process.exit(0);
