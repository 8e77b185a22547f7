import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { findWords } from './find-words.ts';

/** Files whose text is not ours: generated, or the word list itself. */
const leftOut = [/^package-lock\.json$/, /^test\/snapshots\//, /^test\/words\//];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file) && !leftOut.some((pattern) => pattern.test(file)));

const wanted = process.argv.slice(2);
const faults = files
  .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  .flatMap((file) =>
    [...findWords(file, file), ...findWords(file, readFileSync(file, 'utf8'))].map((fault) => ({
      file,
      ...fault,
    })),
  );
for (const { file, line, word, instead } of faults) {
  process.stdout.write(`${file}:${line}: "${word}" is not used here; write: ${instead}\n`);
}
process.stdout.write(`${files.length} files, ${faults.length} refused words\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
