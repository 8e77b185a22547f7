import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addNouns } from '../../lib/ops/program.ts';
import { opsRunner } from '../support/ops-runner.ts';

const root = join(import.meta.dirname, '..', '..');
const folders = ['bin', 'lib', 'lambda', 'runtime', 'services', 'docs'];
const files = [
  'README.md',
  'CONTRIBUTING.md',
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ),
].filter((file) => /(?<!\.test)\.(ts|cjs|md)$/.test(file) && !file.startsWith('docs/adr/'));

const program = new Command('ops');
for (const add of addNouns) {
  add(program, {
    stateFolder: '',
    environment: {},
    user: '',
    now: Date.now,
    randomBytes: () => new Uint8Array(),
    print: () => {},
    printError: () => {},
    ownAddresses: () => Promise.resolve([]),
    ask: undefined,
  });
}

/** The words after `npm run ops --` that must name a command; a placeholder or an option ends them. */
function fault(words: string): string | undefined {
  const [noun = '', verb = ''] = words.split(' ');
  // "NOUN VERB" and "${name}" stand for any command.
  if (!/^[a-z]/.test(noun)) return undefined;
  const found = program.commands.find((command) => command.name() === noun);
  if (found === undefined) return words;
  if (found.commands.length === 0 || !/^[a-z]/.test(verb)) return undefined;
  return found.commands.some((command) => command.name() === verb) ? undefined : words;
}

const named = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/npm run ops -- ([^\s`'".,:]+(?: [a-z-]+\b)?)/g)].map(
    ([, words = '']) => ({ file, words }),
  ),
);

test('every command that a message or a document names exists', () => {
  expect(named.filter(({ file }) => file.startsWith('lib/ops')).length).toBeGreaterThan(10);
  expect(named.filter(({ file }) => file.startsWith('docs')).length).toBeGreaterThan(30);
  expect(named.filter(({ words }) => fault(words) !== undefined)).toEqual([]);
});

test('the check finds a noun and a verb that do not exist', () => {
  expect([fault('plan'), fault('plans lst'), fault('webhooks replay')]).toEqual([
    'plan',
    'plans lst',
    'webhooks replay',
  ]);
});

test.each([
  [['plan', 'list'], 'See npm run ops -- --help.'],
  [['plans', 'lst'], 'See npm run ops -- plans --help.'],
  [['plans', 'set', 'pro', '--local'], 'See npm run ops -- plans set --help.'],
])('the remedy of %j names a command that exists', async (args, remedy) => {
  const ended = await opsRunner({ stateFolder: '' })(...args);
  expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(remedy) });
});

test('--version prints the version of the gateway', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  expect(await opsRunner({ stateFolder: '' })('--version')).toMatchObject({ exitCode: 0, stdout: version });
});

test('an unexpected error is a sentence and no stack, which GATEHOUSE_DEBUG shows', async () => {
  const failing = new Proxy<Readonly<Record<string, string>>>(
    {},
    {
      get: (_, name) => {
        if (name === 'GATEHOUSE_DEBUG') return process.env['GATEHOUSE_DEBUG'];
        throw new TypeError('the fault');
      },
    },
  );
  const ended = await opsRunner({ stateFolder: '', environment: failing })('plans', 'list', '--local');
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toMatch(/^The command failed unexpectedly \(TypeError: the fault\)\.\nRun it again/);
  expect(ended.stderr).not.toContain('    at ');
});
