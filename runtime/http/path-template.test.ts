import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePath, encodePathSegment, fillPathTemplate } from './path-template.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('.', '/', '\\', '%', '2', 'e', 'F', '?', '#', ';', '\u0000', '\ud800', 'a'),
  }),
);

describe('a segment', () => {
  test.each(['', '.', '..', '\ud800', 'a\udc00'])('refuses %j', (value) => {
    expect(encodePathSegment(value)).toBeUndefined();
  });

  test('survives every URL parser unchanged, whatever the value', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const written = encodePathSegment(value);
        if (written === undefined) return;
        const { pathname, search, hash } = new URL(`http://service/a/${written}/b`);
        expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'a', value, 'b']);
        expect(search + hash).toBe('');
      }),
    );
  });
});

describe('a path', () => {
  test('keeps its slashes and encodes everything else once', () => {
    expect(encodePath('/a b/100%/%2F/c?#')).toBe('/a%20b/100%25/%252F/c%3F%23');
    expect(encodePath('/')).toBe('/');
    expect(encodePath('/a/../b')).toBeUndefined();
  });

  test("fills in the route's parameters, one segment each or several with a plus", () => {
    expect(fillPathTemplate('/products/{id}/reviews', { id: 'a/b c?' })).toBe(
      '/products/a%2Fb%20c%3F/reviews',
    );
    expect(fillPathTemplate('/files/{rest+}', { rest: 'a b/c' })).toBe('/files/a%20b/c');
    expect(fillPathTemplate('/fixed', { id: '1' })).toBe('/fixed');
  });

  test.each([{}, { id: '' }, { id: '..' }, { id: '\ud800' }])('refuses the parameter %j', (parameters) => {
    expect(fillPathTemplate('/a/{id}', parameters)).toBeUndefined();
    expect(fillPathTemplate('/a/{id+}', parameters)).toBeUndefined();
  });

  test('has as many segments as its template, whatever the parameter', () => {
    fc.assert(
      fc.property(anyText, (id) => {
        const path = fillPathTemplate('/a/{id}/b', { id });
        if (path === undefined) return;
        expect(new URL(path, 'http://service').pathname.split('/')).toHaveLength(4);
      }),
    );
  });
});
