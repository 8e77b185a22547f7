import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoutePolicy, VariantPolicy } from '../contract.ts';
import { eventOf, policy } from '../testing/decision-fixtures.ts';
import { type GatewayRequest, readRequest } from './gateway-request.ts';
import { chooseTarget } from './target.ts';

const orders = policy.routes['GET /api/orders'];
if (orders === undefined) throw new Error('The route is not there.');

const variant = (service: string, part: Partial<VariantPolicy>): VariantPolicy => ({
  service,
  rewrite: null,
  host: null,
  header: null,
  query: null,
  callers: null,
  ...part,
});
const route = (...variants: VariantPolicy[]): RoutePolicy => ({ ...orders, variants });
const request = (part: Partial<GatewayRequest> = {}): GatewayRequest => ({
  ...readRequest(eventOf('GET /api/orders')),
  ...part,
});

describe('the answering service', () => {
  test("is the route's own without variants, and when none holds", () => {
    expect(chooseTarget(route(), request(), 'user:ada')).toMatchObject({ service: 'order', rewrite: null });
    const beta = variant('beta', { host: 'beta.store.example' });
    expect(chooseTarget(route(beta), request(), 'user:ada').service).toBe('order');
  });

  test.each([
    ['host', { host: 'beta.store.example' }, { target: 'Beta.store.example:443/api/orders' }],
    ['header', { header: { name: 'x-app', value: 'tv' } }, { headers: { 'x-app': 'tv' } }],
    ['query', { query: { name: 'of', value: 'a b' } }, { query: 'x=1&of=a+b' }],
  ])('is a variant by %s, and no other', (_, condition, part) => {
    const chosen = route(variant('beta', condition));
    expect(chooseTarget(chosen, request(part), 'user:ada').service).toBe('beta');
    expect(chooseTarget(chosen, request(), 'user:ada').service).toBe('order');
  });

  test('needs every condition, and is the first in order', () => {
    const both = variant('both', {
      header: { name: 'x-app', value: 'tv' },
      query: { name: 'of', value: 'shop' },
    });
    const one = variant('one', { header: { name: 'x-app', value: 'tv' }, rewrite: '/tv' });
    const target = (query: string) =>
      chooseTarget(route(both, one), request({ headers: { 'x-app': 'tv' }, query }), 'user:ada');
    expect(target('of=shop').service).toBe('both');
    expect(target('')).toEqual({ service: 'one', rewrite: '/tv' });
  });

  test('follows the weights of versions, and is stable for one caller', () => {
    const weighted = route(
      variant('second', { callers: { from: 0, to: 10 } }),
      variant('third', { callers: { from: 10, to: 40 } }),
    );
    const callers = Array.from({ length: 4_000 }, (_, index) => `user:${index}`);
    const chosen = callers.map((caller) => chooseTarget(weighted, request(), caller).service);
    const part = (service: string) => chosen.filter((one) => one === service).length / callers.length;
    expect(part('second')).toBeCloseTo(0.1, 1);
    expect(part('third')).toBeCloseTo(0.3, 1);
    expect(part('order')).toBeCloseTo(0.6, 1);
    expect(callers.map((caller) => chooseTarget(weighted, request(), caller).service)).toEqual(chosen);
  });

  test('of all callers is everybody', () => {
    const everybody = route(variant('second', { callers: { from: 0, to: 100 } }));
    fc.assert(
      fc.property(fc.string(), (caller) => {
        expect(chooseTarget(everybody, request(), caller).service).toBe('second');
      }),
    );
  });
});
