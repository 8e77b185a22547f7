import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsChecks, httpChecks } from '../../lib/ops/verify-deployed/checks.ts';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

/** Targets of the links to other files of the project, without their anchors. */
function localLinks(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

/** Anchors of a document's sections, as GitHub derives them from the headings. */
function sectionsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('the documents', () => {
  test.each(documents)('%s links to existing files', (document) => {
    const missing = localLinks(readFileSync(document, 'utf8')).filter(
      (target) => !existsSync(join(dirname(document), target)),
    );
    expect(missing).toEqual([]);
  });

  test.each(documents)('%s links to existing sections', (document) => {
    const missing = [...readFileSync(document, 'utf8').matchAll(/\]\(([^)\s#:]*\.md)?#([^)\s]+)\)/g)]
      .map(([, file, section = '']) => [
        file === undefined ? document : join(dirname(document), file),
        section,
      ])
      .filter(([file = '', section = '']) => !sectionsOf(readFileSync(file, 'utf8')).includes(section));
    expect(missing).toEqual([]);
  });

  test('have a README of under 120 lines', () => {
    expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThan(120);
  });

  test('name only existing commands', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: object };
    const named = documents.flatMap((document) =>
      [...readFileSync(document, 'utf8').matchAll(/npm run ([a-z][a-z:-]*)/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('docs/features.md', () => {
  const rows = readFileSync('docs/features.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| (?!feature |-)/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, feature = '', state = '', where = '', shownBy = '']) => ({ feature, state, where, shownBy }));

  test('lists features', () => {
    expect(rows.length).toBeGreaterThan(50);
  });

  test.each(rows)('names the code and the test of "$feature", or marks it as open', (row) => {
    expect(row.feature).not.toBe('');
    expect(row.state).toMatch(/^(done|open|outside)$/);
    expect(row.where).not.toBe('');
    const shown = localLinks(row.shownBy).some((target) => /\.(test|cases|verify)\.ts$/.test(target));
    expect(shown).toBe(row.state === 'done');
  });
});

/** Rows of the tables under a heading of a document, up to the next heading of its level or above. */
function rowsUnder(document: string, heading: string): string[][] {
  const text = readFileSync(document, 'utf8');
  const [, after] = text.split(`${heading}\n`);
  if (after === undefined) throw new Error(`${document} has no heading ${heading}.`);
  const [section = ''] = after.split(new RegExp(`^#{1,${heading.indexOf(' ')}} `, 'm'));
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (check|id|by) \|/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

describe('docs/aws-assumptions.md', () => {
  const rows = rowsUnder('docs/aws-assumptions.md', '# AWS assumptions').map(
    ([id = '', fact = '', where = '', evidence = '', check = '', ...more]) => ({
      id,
      fact,
      where,
      evidence,
      check,
      more,
    }),
  );
  const checks = [...httpChecks, ...awsChecks];
  const byHand = rowsUnder('docs/operations.md', '### Checks by hand');
  const settledByHand = new Set(byHand.flatMap((cells) => quoted(cells.at(-1) ?? '')));

  test('lists assumptions with unique names', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(rows.filter(({ id, more }) => !/^[a-z0-9]+(-[a-z0-9]+)+$/.test(id) || more.length > 0)).toEqual(
      [],
    );
  });

  test.each(rows)('names existing files that rely on $id', ({ fact, where, evidence }) => {
    expect(fact).not.toBe('');
    const files = quoted(where);
    expect(files.length).toBeGreaterThan(0);
    const tests = quoted(evidence).filter((text) => /^[a-z].*\/.*\.ts$/.test(text));
    expect([...files, ...tests].filter((file) => !existsSync(file))).toEqual([]);
  });

  test.each(rows)('has evidence for $id, and an existing check', ({ id, evidence, check }) => {
    expect(evidence).toMatch(/^(engine|documentation|report|none): \S/);
    const named = quoted(check);
    expect(named.filter((name) => !checks.some((one) => one.name === name))).toEqual([]);
    const isByHand = /(^|, )by hand$/.test(check);
    expect([id, settledByHand.has(id)]).toEqual([id, isByHand]);
    expect(named.length > 0 || isByHand).toBe(true);
  });

  test.each(checks)(
    'names the check $name at the assumption that it verifies',
    ({ name, assumption: settles }) => {
      const row = rows.find(({ id }) => id === settles);
      expect(settles === undefined || quoted(row?.check ?? '').includes(name)).toBe(true);
    },
  );
});

describe('the checks of docs/operations.md', () => {
  const assumptions = rowsUnder('docs/aws-assumptions.md', '# AWS assumptions').map(([id]) => id);

  test.each(rowsUnder('docs/operations.md', '### Checks by hand'))(
    'by hand name an assumption (%s)',
    (...cells) => {
      expect(cells).toHaveLength(4);
      const settled = quoted(cells[3] ?? '');
      expect(settled).toHaveLength(1);
      expect(assumptions).toContain(settled[0]);
    },
  );

  test('in code are exactly those of the command', () => {
    const listed = rowsUnder('docs/operations.md', '## Checks after a first deployment')
      .slice(0, 4)
      .flatMap(([, names = '']) => quoted(names));
    const ran = [...httpChecks, ...awsChecks].map(({ name }) => name);
    expect(listed.sort()).toEqual(ran.sort());
  });
});
