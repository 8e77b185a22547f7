import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resourcesOf } from './synth.ts';

const documents = [
  'README.md',
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

/** Anchors of a document's sections, as GitHub makes them of their titles. */
function sectionsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('the documents', () => {
  it.each(documents)('%s links to files that are there', (document) => {
    const missing = localLinks(readFileSync(document, 'utf8')).filter(
      (target) => !existsSync(join(dirname(document), target)),
    );
    expect(missing).toEqual([]);
  });

  it.each(documents)('%s links to sections that are there', (document) => {
    const missing = [...readFileSync(document, 'utf8').matchAll(/\]\(([^)\s#:]*\.md)?#([^)\s]+)\)/g)]
      .map(([, file, section = '']) => [
        file === undefined ? document : join(dirname(document), file),
        section,
      ])
      .filter(([file = '', section = '']) => !sectionsOf(readFileSync(file, 'utf8')).includes(section));
    expect(missing).toEqual([]);
  });

  it('keep the README short', () => {
    expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThan(120);
  });

  it('name only commands that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: object };
    const named = documents.flatMap((document) =>
      [...readFileSync(document, 'utf8').matchAll(/npm run ([a-z][a-z:-]*)/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('have a runbook for every alarm, and no other', () => {
    // Not every environment has the same brokers, and so not the same alarms.
    const named = [...resourcesOf('prod'), ...resourcesOf('dev')]
      .filter(({ resource }) => /^AWS::CloudWatch::(Composite)?Alarm$/.test(resource['Type']))
      .map(
        ({ resource }) => /docs\/runbooks\/([a-z-]+)\.md$/.exec(resource['Properties'].AlarmDescription)?.[1],
      );
    const runbooks = readdirSync('docs/runbooks').map((file) => basename(file, '.md'));
    expect(new Set(named)).toEqual(new Set(runbooks));
  });
});

describe('docs/features.md', () => {
  const rows = readFileSync('docs/features.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| (?!feature |-)/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, feature = '', state = '', where = '', shownBy = '']) => ({ feature, state, where, shownBy }));

  it('lists features', () => {
    expect(rows.length).toBeGreaterThan(50);
  });

  it.each(rows)('says of "$feature" where it lives and which test shows it, or that it is open', (row) => {
    expect(row.feature).not.toBe('');
    expect(row.state).toMatch(/^(done|open|outside)$/);
    expect(row.where).not.toBe('');
    const shown = localLinks(row.shownBy).some((target) => /\.(test|cases|verify)\.ts$/.test(target));
    expect(shown).toBe(row.state === 'done');
  });
});
