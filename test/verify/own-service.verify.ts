import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedCommand, startCommand } from '../support/started-command.ts';

/** A copy of this project as a new developer has it, with the steps of the guide applied. */
let folder: string;
let run: StartedCommand | undefined;
const guide = readFileSync('docs/guides/your-own-service.md', 'utf8');

/** The first code block of a language after a text of the guide. */
function block(after: string, language: string): string {
  const start = guide.indexOf(after);
  const [, code] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(guide.slice(start)) ?? [];
  if (start < 0 || code === undefined)
    throw new Error(`The guide has no ${language} block after "${after}".`);
  return code;
}

function insertAfter(file: string, line: string, text: string): void {
  const source = readFileSync(file, 'utf8');
  if (!source.includes(line)) throw new Error(`${file} has no line "${line.trim()}".`);
  writeFileSync(file, source.replace(line, `${line}${text}`));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse guide '));
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const file of files.split('\n').filter(Boolean)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(file, join(folder, file));
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'gifts'));
  writeFileSync(join(folder, 'gifts/server.mjs'), block('`gifts/server.mjs`', 'js'));
  writeFileSync(join(folder, 'gifts/Dockerfile'), block('`gifts/Dockerfile`', 'dockerfile'));
  const catalogue = join(folder, 'lib/config/catalogue/catalogue.ts');
  insertAfter(catalogue, '  services: {\n', block('add it to `services`', 'ts'));
  insertAfter(catalogue, '  routes: {\n', block('in `routes` of the same file', 'ts'));
});
afterAll(async () => {
  await run?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the guide leads to a call through the gateway', async () => {
  run = await startCommand('npm', ['start', '--', '--port', '0'], folder, /^Gateway +(\S+)$/m);
  const url = run.found;
  const port = new URL(url).port;
  const token = execFileSync(
    'npm',
    ['run', '--silent', 'token', '--', '--sub', 'alice', '--permissions', 'gifts:read', '--port', port],
    { cwd: folder, encoding: 'utf8' },
  ).trim();
  const call = () => fetch(`${url}/api/gifts`, { headers: { authorization: `Bearer ${token}` } });
  const answer = await call();
  expect([answer.status, await answer.json()]).toEqual([200, { giftsOf: 'alice' }]);
  expect((await fetch(`${url}/api/gifts`)).status).toBe(401);
  const others = await Promise.all(Array.from({ length: 150 }, call));
  expect(others.some(({ status }) => status === 429)).toBe(true);
});

test('the templates of the service need no Docker to be made', () => {
  execFileSync('npx', ['cdk', 'synth', '--quiet', '-c', 'env=dev'], { cwd: folder, stdio: 'pipe' });
  const manifest = readFileSync(join(folder, 'cdk.out/assembly-dev/manifest.json'), 'utf8');
  expect(manifest).toContain('gatehouse-dev-service-gifts');
});
