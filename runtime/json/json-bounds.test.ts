import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exceededBound } from './json-bounds.ts';

/** Computed from the parsed value, while the scan reads the text. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('the bounds of a JSON text', () => {
  test('equal those of the parsed value, whatever its texts hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 7 }), (value, depth) => {
        const text = JSON.stringify({ '[{"\\': value });
        expect(exceededBound(text, { depth })).toBe(depthOf(JSON.parse(text)) > depth ? 'depth' : undefined);
      }),
    );
  });

  test('count every element and member', () => {
    expect(exceededBound('[1,2,3]', { depth: 1, values: 4 })).toBeUndefined();
    expect(exceededBound('[1,2,3]', { depth: 1, values: 3 })).toBe('values');
  });

  test('are found without an exception in text that is not JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect([undefined, 'depth']).toContain(exceededBound(text, { depth: 2 }));
      }),
    );
  });
});
