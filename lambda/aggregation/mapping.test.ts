import { describe, expect, test } from 'vitest';
import type { MappingStep } from './contract.ts';
import { at, map, pick } from './mapping.ts';

const order = {
  id: 'o-1',
  total: { amount: 5, currency: 'EUR' },
  items: [
    { sku: 'a', price: { amount: 2 } },
    { sku: 'b', price: { amount: 3 } },
  ],
};

describe('mapping steps', () => {
  test.each<[string, readonly MappingStep[], unknown, unknown]>([
    ['no step leaves the value', [], order, order],
    ['target takes the value at a path', [{ target: 'total' }], order, { amount: 5, currency: 'EUR' }],
    ['target gathers from an array', [{ target: 'items.sku' }], order, ['a', 'b']],
    ['target of a missing path is null', [{ target: 'nothing.here' }], order, null],
    ['target never finds what every object inherits', [{ target: 'constructor' }], order, null],
    [
      'pick keeps what is named',
      [{ pick: ['id', 'total.amount'] }],
      order,
      { id: 'o-1', total: { amount: 5 } },
    ],
    ['pick crosses arrays', [{ pick: ['items.sku'] }], order, { items: [{ sku: 'a' }, { sku: 'b' }] }],
    ['pick of an unknown path keeps nothing', [{ pick: ['nothing'] }], order, {}],
    [
      'pick of a path and of one below it keeps the whole',
      [{ pick: ['total', 'total.amount'] }],
      order,
      { total: order.total },
    ],
    ['pick below a text keeps the text', [{ pick: ['id.deeper'] }], order, { id: 'o-1' }],
    [
      'remove leaves the rest',
      [{ remove: ['items', 'total.currency'] }],
      order,
      { id: 'o-1', total: { amount: 5 } },
    ],
    [
      'remove crosses arrays',
      [{ remove: ['items.price'] }],
      { items: order.items },
      { items: [{ sku: 'a' }, { sku: 'b' }] },
    ],
    ['remove of a missing path changes nothing', [{ remove: ['total.tax', 'x.y'] }], order, order],
    [
      'rename keeps the place',
      [{ rename: { total: 'sum' } }],
      order,
      { id: 'o-1', sum: order.total, items: order.items },
    ],
    [
      'rename crosses arrays',
      [{ rename: { 'items.sku': 'code' } }],
      { items: [{ sku: 'a' }] },
      { items: [{ code: 'a' }] },
    ],
    ['rename replaces a member of the new name', [{ rename: { a: 'b' } }], { a: 1, b: 2 }, { b: 1 }],
    ['rename of a missing path changes nothing', [{ rename: { c: 'b' } }], { a: 1, b: 2 }, { a: 1, b: 2 }],
    ['group wraps the whole', [{ group: { into: 'order' } }], { id: 1 }, { order: { id: 1 } }],
    [
      'group gathers members',
      [{ group: { into: 'price', members: ['amount', 'currency'] } }],
      { id: 1, amount: 2, currency: 'EUR' },
      { id: 1, price: { amount: 2, currency: 'EUR' } },
    ],
    [
      'group works on each element',
      [{ group: { into: 'p', members: ['a'] } }],
      [{ a: 1, b: 2 }],
      [{ b: 2, p: { a: 1 } }],
    ],
    ['group of a text leaves it', [{ group: { into: 'p', members: ['a'] } }], 'text', 'text'],
    ['flatten lifts members', [{ flatten: 'total' }], { id: 1, total: { amount: 2 } }, { amount: 2, id: 1 }],
    [
      'flatten crosses arrays',
      [{ flatten: 'items.price' }],
      { items: order.items },
      {
        items: [
          { amount: 2, sku: 'a' },
          { amount: 3, sku: 'b' },
        ],
      },
    ],
    [
      "flatten leaves the parent's own members",
      [{ flatten: 'inner' }],
      { a: 1, inner: { a: 2, b: 3 } },
      { a: 1, b: 3 },
    ],
    ['flatten joins arrays of arrays', [{ flatten: 'list' }], { list: [[1, 2], [3]] }, { list: [1, 2, 3] }],
    ['flatten of a text leaves it', [{ flatten: 'a' }], { a: 'text' }, { a: 'text' }],
    [
      'steps run one after another',
      [{ target: 'items' }, { rename: { sku: 'code' } }, { remove: ['price'] }],
      order,
      [{ code: 'a' }, { code: 'b' }],
    ],
    ['null stays null', [{ pick: ['a'] }, { remove: ['a'] }, { flatten: 'a.b' }], null, null],
  ])('%s', (_, steps, value, expected) => {
    const before = JSON.stringify(value);
    expect(map(value, steps)).toEqual(expected);
    expect(JSON.stringify(value)).toBe(before);
  });
});

test('reads a member named __proto__ as a member', () => {
  const value = JSON.parse('{"__proto__":{"admin":true},"a":1}') as unknown;
  const mapped = pick(value, ['a']) as Record<string, unknown>;
  expect(mapped['admin']).toBeUndefined();
  expect(Object.hasOwn(mapped, '__proto__')).toBe(false);
  expect(at(value, 'toString')).toBeUndefined();
});
