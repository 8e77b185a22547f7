import { expect, test } from 'vitest';
import { wildcard } from './wildcard.ts';

test.each([
  ['/api/*', '/api/', true],
  ['/api/*', '/api', false],
  ['/a?c', '/abc', true],
  ['/a?c', '/ac', false],
  ['/v1.0/(x)', '/v1.0/(x)', true],
  ['/v1.0', '/v1x0', false],
  ['/API', '/api', false],
  ['*.jpg', '/deep/er/a.jpg', true],
])('%s on %s is %s', (pattern, text, expected) => {
  expect(wildcard(pattern, { caseSensitive: true })(text)).toBe(expected);
});

test('is not case-sensitive when requested', () => {
  expect(wildcard('*.Example.com', { caseSensitive: false })('shop.example.COM')).toBe(true);
});
