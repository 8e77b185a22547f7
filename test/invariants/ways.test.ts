import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Way {
  /** Heading in docs/architecture.md. */
  readonly heading: string;
  readonly first: string;
  readonly atMost: number;
}

const ways: readonly Way[] = [
  { heading: 'From an authorizer event to a decision', first: 'lambda/auth/handler.ts', atMost: 12 },
  {
    heading: 'From a catalogue entry to every resource',
    first: 'lib/config/catalogue/catalogue.ts',
    atMost: 15,
  },
  { heading: "From an operator's command to a change", first: 'bin/ops.ts', atMost: 12 },
];

const architecture = readFileSync('docs/architecture.md', 'utf8');

/** Files of the list under a heading, in their order. */
function filesUnder(heading: string): string[] {
  const [, after] = architecture.split(`\n### ${heading}\n`);
  if (after === undefined) throw new Error(`docs/architecture.md has no heading ${heading}.`);
  const [section = ''] = after.split(/^##/m);
  return [...section.matchAll(/^\d+\. `([^`]+)`: \S/gm)].map(([, file = '']) => file);
}

/** Files of the project that a file imports or exports from, type-only and dynamic imports included. */
function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map(
    ([, specifier = '']) => join(dirname(file), specifier),
  );
}

describe.each(ways)('the way "$heading" in docs/architecture.md', ({ heading, first, atMost }) => {
  const files = filesUnder(heading);

  test('starts at its entry point, is within the limit, and names each file once', () => {
    expect(files[0]).toBe(first);
    expect(files.length).toBeGreaterThan(5);
    expect(files.length).toBeLessThanOrEqual(atMost);
    expect(new Set(files).size).toBe(files.length);
  });

  test('names files that exist', () => {
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  test('connects each file to an earlier one by an import', () => {
    const unconnected = files.filter((file, index) => {
      const earlier = files.slice(0, index);
      const isImported = earlier.some((other) => importsOf(other).includes(file));
      return index > 0 && !isImported && !importsOf(file).some((other) => earlier.includes(other));
    });
    expect(unconnected).toEqual([]);
  });
});
