import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isWellFormedDecodedPath,
  isWellFormedParameter,
  isWellFormedPath,
  isWellFormedQuery,
} from './request-target.ts';

/** The ways in which different layers read a path. */
const onceDecoded = (path: string) => path.split('/').map(decodeURIComponent);
const readings: readonly ((path: string) => string[])[] = [
  // As the URL standard defines (Hono on Node, browsers).
  (path) => onceDecoded(new URL(`http://service${path}`).pathname),
  // With repeated slashes collapsed.
  (path) => onceDecoded(path.replaceAll(/\/{2,}/g, '/')),
  // Decoded before it is split.
  (path) => decodeURIComponent(path).split('/'),
  // Decoded, normalised and then split.
  (path) => posixNormal(decodeURIComponent(path)).split('/'),
  // With a backslash read as a slash.
  (path) => onceDecoded(path.replaceAll('\\', '/')),
  // Cut off where a query or fragment seems to begin.
  (path) => (decodeURIComponent(path).split(/[?#\0]/, 1)[0] ?? '').split('/'),
];

function posixNormal(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return kept.join('/');
}

const hostileUnits = [
  '.',
  '/',
  '\\',
  '%',
  '%25',
  '2',
  'e',
  'E',
  'f',
  '5c',
  '%2F',
  '%2e',
  '%00',
  '%C3%A9',
  '%C3',
  '%C0%AE',
];
const anyPath = fc
  .array(
    fc.oneof(
      fc.constantFrom(...hostileUnits, ';', '?', '#', 'a', ' ', '\u00e9'),
      fc.string({ maxLength: 3 }),
    ),
    {
      maxLength: 12,
    },
  )
  .map((units) => `/${units.join('')}`);

describe('a well-formed path', () => {
  test('is read alike by every layer', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        if (!isWellFormedPath(path)) return;
        const expected = onceDecoded(path);
        for (const read of readings) expect(read(path)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('has as many segments however often it is decoded', () => {
    const lenient = (text: string) =>
      text.replace(/(?:%[0-9A-F]{2})+/gi, (run) =>
        Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1'),
      );
    fc.assert(
      fc.property(anyPath, (path) => {
        if (!isWellFormedPath(path)) return;
        let text = path;
        for (let times = 0; times < 6; times += 1) {
          text = lenient(text);
          expect(text.replaceAll('\\', '/').split('/')).toHaveLength(path.split('/').length);
          expect(text.split('/').filter((segment) => segment === '.' || segment === '..')).toEqual([]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('decodes to a well-formed decoded path with well-formed parameters', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        if (!isWellFormedPath(path)) return;
        const decoded = decodeURIComponent(path);
        expect(isWellFormedDecodedPath(decoded)).toBe(true);
        for (const segment of decoded.split('/').filter((one) => one !== '')) {
          expect(isWellFormedParameter(segment, false)).toBe(true);
        }
      }),
    );
  });

  test('may hold any text that one segment can carry', () => {
    const harmless = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[/\\?#%\p{Cc}\p{Surrogate}]|^\s*\.{1,2}\s*(;|$)/u.test(text));
    fc.assert(
      fc.property(harmless, (text) => {
        expect(isWellFormedPath(`/a/${encodeURIComponent(text)}`)).toBe(true);
      }),
    );
  });
});

test.each(['a/b', '/a', 'a/', 'a'])(
  'accepts %j for a greedy parameter or refuses its empty segment',
  (value) => {
    expect(isWellFormedParameter(value, true)).toBe(!value.startsWith('/'));
    expect(isWellFormedParameter(value, false)).toBe(value === 'a');
  },
);

describe('a query', () => {
  test.each(['', 'a=1', 'a=1&a=2', 'q=pico+4a', 'q=a%2Fb', 'q=%C3%A9', 'q=?', 'q=..', 'q=100%25', 'q=%2500'])(
    'accepts %j',
    (query) => {
      expect(isWellFormedQuery(query)).toBe(true);
    },
  );

  test.each([
    '?',
    '?q=a',
    'q=%00',
    'q=%',
    'q=%zz',
    'q=%C3',
    'q=%C0%AE',
    'q=%ED%A0%80',
    'q=%0d%0a',
    'q=%7F',
    'q=%C2%85',
    'q=\u00e9',
    'q=a b',
    'q=#',
  ])('refuses %j', (query) => {
    expect(isWellFormedQuery(query)).toBe(false);
  });
});
