import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeChanges, documentChanges } from './document-difference.ts';

test('a document differs from itself in nothing, and from another in something', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      expect(documentChanges(one, structuredClone(one))).toEqual([]);
      const sorted = (value: unknown): unknown =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.fromEntries(
              Object.entries(value)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([key, part]) => [key, sorted(part)]),
            )
          : Array.isArray(value)
            ? value.map(sorted)
            : value;
      const isSame = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
      expect(documentChanges(one, other).length === 0).toBe(isSame);
    }),
  );
});

test('paths are written as code would, and lines tell what comes, goes and changes', () => {
  const before = { plans: { pro: { rate: 1 }, 'x-y': 1 }, grants: [1] };
  const after = { plans: { pro: { rate: 2 } }, grants: [1, 2] };
  expect(describeChanges(documentChanges(before, after))).toEqual([
    '+ grants[1]: 2',
    '~ plans.pro.rate: 1 -> 2',
    '- plans["x-y"]: 1',
  ]);
});
