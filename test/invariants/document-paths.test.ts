import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

/** Paths of the project in backticks. A path with a placeholder in capitals, such as `lambda/NAME`, is left out. */
function pathsIn(markdown: string): string[] {
  return [...markdown.matchAll(/`((?:bin|lib|lambda|runtime|services|test|docs)\/[A-Za-z0-9/._-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => !/[A-Z]{3,}/.test(path));
}

describe('the documents', () => {
  test.each(documents)('%s names paths that exist', (document) => {
    // The last section of the features names former folders.
    const [text = ''] = readFileSync(document, 'utf8').split('\n## Where things moved\n');
    expect(pathsIn(text).filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('.github/CODEOWNERS', () => {
  const owned = [...readFileSync('.github/CODEOWNERS', 'utf8').matchAll(/^\/(\S+)\s+@gatehouse\/\S+$/gm)].map(
    ([, path = '']) => path,
  );

  test('names paths that exist', () => {
    expect(owned.filter((path) => !existsSync(path))).toEqual([]);
  });

  test.each(['lib/features', 'lambda', 'docs/runbooks'])('gives every folder of %s an owner', (folder) => {
    const folders = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}/`);
    expect(folders.filter((path) => !owned.includes(path))).toEqual([]);
  });
});
