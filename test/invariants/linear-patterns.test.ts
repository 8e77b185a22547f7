import { check } from 'recheck';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../lib/config/index.ts';
import { type Pattern, patternsOf } from '../support/patterns.ts';

/** Code that processes text of callers, and the parser of header fields that are read before authentication. */
const folders = [
  'lambda',
  'services',
  'runtime',
  'lib/features/edge/viewer-request',
  'lib/local',
  'node_modules/structured-headers/dist',
];

/** Non-linear patterns that are never applied to long text of a caller, each with the reason. */
const harmless: ReadonlySet<string> = new Set([
  // These two read the templates when the local run starts.
  'lib/local/engine/assembly.ts /[A-Za-z0-9-]+$/',
  String.raw`lib/local/engine/secret-references.ts /\{\{resolve:secretsmanager:(?:arn:[^:}]*:secretsmanager:[^:}]*:[^:}]*:secret:)?([^:}]+)(?::SecretString)?:*\}\}/g`,
  // Applied to at most three digits of a number.
  'node_modules/structured-headers/dist/serializer.js /0+$/',
]);

/** Applied to the generated code of the edge function during synthesis. */
const emittedText = 'lib/features/edge/viewer-request/unsupported-syntax.ts';

/** Patterns that are built at run time, and why they are linear in the text of a caller. */
const computed = {
  'lambda/aggregation/inputs.ts': 'the patterns of the catalogue, which are checked below',
  'lambda/auth/identity/api-key.ts': 'begins and ends with the key, whose parts have fixed lengths',
  'lambda/origin-rotation/distribution-config.ts': 'reads the answer of CloudFront',
  'lib/local/emulators/alb/url-rewrite.ts': 'a rewrite of the template',
  'lib/local/engine/testing/literal-deployment.ts': 'reads the template',
  'lib/local/http/wildcard.ts': 'a wildcard of the template',
  'services/platform/http/pagination.ts': 'the form of a cursor, which is checked in its literal',
  'services/product/product-routes.ts': 'a fixed number of digits before the form of an id',
};

const nameOf = ({ file, source, flags }: Pattern) => `${file} /${source}/${flags}`;

/** Whether matching takes at most linear time for any text. */
async function isLinear({ source, flags }: Pick<Pattern, 'source' | 'flags'>): Promise<boolean> {
  const judge = async (pattern: string) => {
    const judged = await check(pattern, flags, { timeout: 120_000, randomSeed: 1 });
    return judged.status === 'safe';
  };
  const widened = withoutCounts(source);
  return (await judge(widened)) || (widened !== source && (await judge(source)));
}

/** Replaces repetitions of ten and more by `*` or `+`. The result matches in at least the same time and is faster to check. */
function withoutCounts(source: string): string {
  return source.replaceAll(
    /\\.|\[(?:\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}/g,
    (whole, from?: string, to?: string) => {
      if (from === undefined) return whole;
      const most = to === undefined ? Number(from) : to === '' ? Number.POSITIVE_INFINITY : Number(to);
      return most < 10 ? whole : Number(from) === 0 ? '*' : '+';
    },
  );
}

describe('a regular expression on text of callers', () => {
  const found = patternsOf(folders);

  test('matches in linear time', { timeout: 600_000 }, async () => {
    const faults: string[] = [];
    for (const pattern of found.literals) {
      if (pattern.file !== emittedText && !harmless.has(nameOf(pattern)) && !(await isLinear(pattern)))
        faults.push(nameOf(pattern));
    }
    expect(faults).toEqual([]);
  });

  test('is a literal or has a reason to be built at run time', () => {
    expect(found.computed).toEqual(Object.keys(computed));
  });

  test('matches in linear time if it comes from the catalogue', { timeout: 300_000 }, async () => {
    const patterns = new Set(
      Object.values(loadCatalogue().compositions).flatMap((composition) =>
        Object.values('inputs' in composition ? composition.inputs : {}).map(
          ({ pattern }) => `^(?:${pattern})$`,
        ),
      ),
    );
    expect(patterns.size).toBeGreaterThan(0);
    for (const source of patterns)
      expect([source, await isLinear({ source, flags: 'u' })]).toEqual([source, true]);
  });
});

describe('the checker of regular expressions', () => {
  test.each([
    ['^[ \\t]+|[ \\t]+$', false],
    ['[ \\t]*\\r?\\n[ \\t]+', false],
    ['^(a+)+$', false],
    ['^(a|a)*b', false],
    ['\\s*,\\s*', false],
    ['^[a-z0-9](-?[a-z0-9]){0,63}$', true],
    ['^[\\t\\x20-\\x7e]*$', true],
  ])('finds /%s/ linear: %s', { timeout: 120_000 }, async (source, expected) => {
    expect(await isLinear({ source, flags: '' })).toBe(expected);
  });

  test('finds every pattern of the programs once', () => {
    const { literals } = patternsOf(['lambda/auth']);
    expect(literals.map(nameOf)).toContain('lambda/auth/identity/bearer-token.ts /^[A-Za-z0-9._~+/-]+=*$/');
    expect(new Set(literals.map(({ source, flags }) => `/${source}/${flags}`)).size).toBe(literals.length);
  });
});
