import { describe, expect, test } from 'vitest';
import { type Configuration, loadConfiguration } from '../../lib/config/index.ts';
import { commonPairs } from '../support/snapshots/common-pairs.ts';
import { policyText } from '../support/snapshots/policy-text.ts';

const configuration = loadConfiguration('prod');
const before = policyText(configuration).split('\n');

/** The lines that a reviewer sees as changed: what is removed, and what is added. */
function difference(changed: Configuration): { removed: string[]; added: string[] } {
  const after = policyText(changed).split('\n');
  const pairs = commonPairs(before, after);
  const [kept, keptAfter] = [new Set(pairs.map(([row]) => row)), new Set(pairs.map(([, row]) => row))];
  return {
    removed: before.filter((_, row) => !kept.has(row)),
    added: after.filter((_, row) => !keptAfter.has(row)),
  };
}

/** A copy with another value at a path. */
function withChange<Value>(
  value: Value,
  [key, ...rest]: readonly string[],
  change: (old: unknown) => unknown,
): Value {
  if (key === undefined) return change(value) as Value;
  const changed = withChange((value as Record<string, unknown>)[key], rest, change);
  return (Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }) as Value;
}

/** Paths to every text, number and flag in a value. */
function leaves(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [[...path]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function other(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  return value === null ? 1 : `${value as string}x`;
}

describe('policy.txt', () => {
  test.each([
    ['a limit', ['limits', 'user', 'requests'], 999, 'limit user'],
    [
      'the access of a route',
      ['routes', 'GET /api/orders', 'access'],
      'orders:list',
      'GET,HEAD /api/orders ',
    ],
    ['a figure of a plan', ['plans', 'pro', 'requestsPerMonth'], 1_500_000, 'plan pro'],
    ['the limit of a route', ['routes', 'POST /api/orders', 'limit'], 'pages', 'POST /api/orders '],
  ])('shows a change of %s as one line', (_, path, value, start) => {
    const { removed, added } = difference(withChange(configuration, ['catalogue', ...path], () => value));
    expect(removed).toEqual([expect.stringContaining(start)]);
    expect(added).toEqual([expect.stringContaining(start)]);
    expect(added[0]).toContain(String(value));
  });

  test('shows every change of a route, limit, plan, issuer, key, address list and webhook as one line', () => {
    const { catalogue, environment } = configuration;
    const parts = {
      catalogue: {
        routes: catalogue.routes,
        partnerRoutes: catalogue.partnerRoutes,
        webhooks: catalogue.webhooks,
        limits: catalogue.limits,
        plans: catalogue.plans,
        defaultPlan: catalogue.defaultPlan,
      },
      environment: {
        identity: environment.identity,
        partner: { keys: environment.partner.keys },
        addressLists: environment.addressLists,
      },
    };
    // `head` means nothing on a route of another method than GET.
    const paths = leaves(parts).filter(
      ([, , key, name]) => name !== 'head' || key?.startsWith('GET ') === true,
    );
    expect(paths.length).toBeGreaterThan(300);
    const counts = paths.map((path) => {
      const { removed, added } = difference(withChange(configuration, path, other));
      return [path.join(' > '), removed.length, added.length];
    });
    expect(counts.filter(([, removed, added]) => removed !== 1 || added !== 1)).toEqual([]);
  });
});
