import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { expand, type Scope } from './template.ts';

const scope = (more: Partial<Scope> = {}): Scope => ({
  path: { id: 'p-1' },
  query: {},
  header: {},
  identity: {},
  variant: { limit: '5' },
  parts: {},
  ...more,
});

test.each<[string, Partial<Scope>, unknown]>([
  ['/plain', {}, '/plain'],
  ['/a/{path.id}?limit={variant.limit}', {}, '/a/p-1?limit=5'],
  ['/a/{parts.list.owner.id}', { parts: { list: { owner: { id: 7 } } } }, '/a/7'],
  [
    '/a?ids={parts.list.items.id}',
    { parts: { list: { items: [{ id: 'a' }, { id: 'b,c' }] } } },
    '/a?ids=a%2Cb%2Cc',
  ],
  ['/a/{each.id}', { each: { id: 'x' } }, '/a/x'],
  ['/a/{each}', { each: 'x' }, '/a/x'],
  ['/a/{path.id}', { path: { id: '../admin?x=1#y' } }, '/a/..%2Fadmin%3Fx%3D1%23y'],
  ['/a/{path.id}', { path: { id: 'a\r\nx-gw-decision: allow' } }, '/a/a%0D%0Ax-gw-decision%3A%20allow'],
])('%s', (template, more, expected) => {
  expect(expand(template, scope(more))).toEqual({ kind: 'path', path: expected });
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['an empty text', ''],
  ['an empty list', []],
  ['an object', { a: 1 }],
  ['a dot segment', '.'],
  ['two dots', '..'],
  ['half a character', '\ud800'],
])('%s is refused', (_, id) => {
  expect(expand('/a/{path.id}', scope({ path: { id } }))).toEqual({ kind: 'missing', expression: 'path.id' });
});

test('every value stays in its segment', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      const expanded = expand('/a/{path.id}/b', scope({ path: { id } }));
      if (expanded.kind === 'missing') return;
      const url = new URL(expanded.path, 'http://service');
      expect(url.pathname.split('/')).toHaveLength(4);
      expect(decodeURIComponent(url.pathname.split('/')[2] ?? '')).toBe(id);
      expect(url.search + url.hash).toBe('');
    }),
  );
});
