import { describe, expect, test } from 'vitest';
import { compileRoutes } from './routes.ts';

const keys = [
  'GET /pets/dog/1',
  'GET /pets/dog/{id}',
  'GET /pets/{proxy+}',
  'GET /{kind}/{name}',
  'POST /orders',
  'ANY /orders',
  'ANY /{proxy+}',
  'GET /api/products/{id}',
];
const table = (names: readonly string[]) => compileRoutes(Object.fromEntries(names.map((key) => [key, key])));

describe('compileRoutes', () => {
  test.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', {}],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}', { proxy: 'cat/1' }],
    ['GET', '/pets/cat', 'GET /{kind}/{name}', { kind: 'pets', name: 'cat' }],
    ['POST', '/test/5', 'ANY /{proxy+}', { proxy: 'test/5' }],
    ['POST', '/orders', 'POST /orders', {}],
    ['DELETE', '/orders', 'ANY /orders', {}],
    ['GET', '/api/products/a%2Fb%20c', 'GET /api/products/{id}', { id: 'a/b c' }],
    ['GET', '/%61pi/products/x', 'GET /api/products/{id}', { id: 'x' }],
    ['GET', '/api/products/%zz', 'GET /api/products/{id}', { id: '%zz' }],
  ])('%s %s matches %s', (method, path, route, pathParameters) => {
    expect(table(keys)(method, path)).toEqual({ route, pathParameters });
  });

  test('does not depend on the order of the routes', () => {
    expect(table(keys.toReversed())('GET', '/pets/dog/1')?.route).toBe('GET /pets/dog/1');
  });

  test.each([
    ['GET', '/pets/'],
    ['GET', '/Orders/x'],
    ['PUT', '/orders'],
    ['GET', '/orders/'],
    ['GET', '//orders'],
  ])('matches no route for %s %s', (method, path) => {
    expect(table(['GET /orders', 'GET /pets/{id}'])(method, path)).toBeNull();
  });

  test('falls back to $default', () => {
    expect(table(['GET /orders', '$default'])('PUT', '/x')).toEqual({
      route: '$default',
      pathParameters: {},
    });
  });
});
