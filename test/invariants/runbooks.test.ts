import { Command } from 'commander';
import { describe, expect, test, vi } from 'vitest';
import { logGroups } from '../../lib/compile/log-groups.ts';
import { loadCatalogue } from '../../lib/config/index.ts';
import type { OpsPorts } from '../../lib/ops/commands/session.ts';
import { addNouns } from '../../lib/ops/program.ts';
import { readRunbooks, shellWords } from '../support/runbooks.ts';

/** Ends each command after commander has parsed it, before it needs credentials. */
const parsed = new Error('parsed');
vi.mock('../../lib/ops/access/open-gateway.ts', () => ({ openGateway: () => Promise.reject(parsed) }));

const sections = ['Meaning', 'Impact', 'Severity', 'Diagnosis', 'Mitigation', 'Verify', 'Escalate'];
const runbooks = readRunbooks();
const commands = runbooks.flatMap(({ name, opsCommands }) =>
  opsCommands.map((args) => ({ name, args, line: args.join(' ') })),
);

/** Words that stand for a value that the reader has to fill in. */
const placeholder =
  /<[a-z][^<>\n]*>|…|\b(?:NAME|ID|TODO|WHY|ARN|CLUSTER|SERVICE|TASK|DOMAIN|CLIENT|ADDRESS|PRODUCT|ORDER|USER|REQUEST|REGION|ACCOUNT|PLAN|TOKEN|KEY|PATH|URL|REASON|XXX)\b/;

async function parse(args: readonly string[]): Promise<unknown> {
  const ports = { now: () => Date.parse('2026-12-01T00:00:00Z') } as OpsPorts;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const add of addNouns) add(program, ports);
  return await program.parseAsync([...args], { from: 'user' }).catch((error: unknown) => error);
}

describe('a runbook', () => {
  test.each(runbooks)('$name has its title and the seven sections in order', ({ name, text }) => {
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([line]) => line);
    expect(headings).toEqual([`# ${name.split('/')[1]}`, ...sections.map((section) => `## ${section}`)]);
    for (const section of text.split(/^## .+$/m).slice(1)) expect(section.trim()).not.toBe('');
  });

  test.each(runbooks)('$name has numbered steps of diagnosis and a command that verifies', ({ text }) => {
    const body = (section: string) => text.split(`## ${section}\n`)[1]?.split(/^## /m)[0] ?? '';
    expect(body('Diagnosis')).toMatch(/^1\. /m);
    expect(body('Severity')).toMatch(/no page|page now|next working day|act within|same day/i);
    expect(body('Verify')).toContain('npm run ops -- open ');
  });

  test.each(runbooks)('$name has no placeholder in its commands', ({ code }) => {
    expect(code.filter((text) => placeholder.test(text))).toEqual([]);
  });

  test.each(commands)('$name: ops $line parses', async ({ args }) => {
    expect(await parse(args)).toBe(parsed);
    expect(args[args.indexOf('--env') + 1]).toBe('prod');
  });
});

test('logs commands name functions, services and APIs that exist', () => {
  const known = logGroups(loadCatalogue());
  const unknown = commands.filter(({ args: [verb, log = ''] }) => verb === 'logs' && !known.has(log));
  expect(unknown).toEqual([]);
});

test('a command with an unknown option or a missing argument does not parse', async () => {
  for (const line of ['open --env prod', 'logs auth --env prod --until 1h', 'policy rollback --env prod']) {
    expect(await parse(shellWords(line))).not.toBe(parsed);
  }
});

test('a placeholder is recognised', () => {
  for (const text of ['--env NAME', '--cluster <cluster>', 'explain --client ID', 'logs …']) {
    expect(text).toMatch(placeholder);
  }
});
