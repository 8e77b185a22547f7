import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Installs the pinned Python programs of a requirements file in this folder into a separate virtual environment, once
 * per version of that file.
 *
 * @returns The folder of their executables.
 * @throws If Python with venv is missing, or if the package index is unreachable twice in a row.
 */
export function pythonTools(
  file: `requirements${'' | '-checkov' | '-moto' | '-aws-cli'}.txt` = 'requirements.txt',
): string {
  const requirements = resolve(import.meta.dirname, file);
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const home = resolve('.gatehouse', `python-${version}`);
  const bin = join(home, 'bin');
  const complete = join(home, 'complete');
  if (!existsSync(complete)) {
    execFileSync('python3', ['-m', 'venv', '--clear', home], { stdio: 'inherit' });
    const install = () =>
      execFileSync(
        join(bin, 'pip'),
        ['install', '--quiet', '--disable-pip-version-check', '-r', requirements],
        {
          stdio: 'inherit',
        },
      );
    try {
      install();
    } catch {
      install();
    }
    writeFileSync(complete, '');
  }
  return bin;
}
