import { expect, test } from 'vitest';
import type { KeySetIssuer } from '../../../runtime/contracts/gateway-contract.ts';
import { readAddress } from '../../../runtime/http/client-address.ts';
import type { CheckResult, CheckState } from '../../../runtime/limit-store/limit-store.ts';
import { anonymous, type Identity, readIdentity } from '../../../runtime/tokens/identity.ts';
import { issuers } from '../../../runtime/tokens/testing/test-issuers.ts';
import type { LimitPolicy } from '../contract.ts';
import { type PreparedLimit, type PreparedRoute, preparePolicy } from '../decision/prepared-policy.ts';
import { policy } from '../testing/decision-fixtures.ts';
import {
  type Allowance,
  appliedLimits,
  dividedAmong,
  limitCall,
  limitResult,
  visibleLimits,
} from './limits.ts';

const address = readAddress('2001:db8:0:1::7');
const ada = readIdentity(issuers[0] as KeySetIssuer, { sub: 'ada', client_id: 'web' });
const plain = preparePolicy(policy).routes.get('GET /api/profile');
if (address === undefined || ada === undefined || plain === undefined)
  throw new Error('The fixture is faulty.');
const acme: Identity = { ...ada, userId: '-', clientId: 'acme', caller: 'client:digest', keyId: 'k1' };

const limitOf = (by: LimitPolicy['by'], part: Partial<PreparedLimit> = {}): PreparedLimit => ({
  name: by,
  by,
  requests: 60,
  periodSeconds: 60,
  burst: 10,
  shadow: false,
  ...part,
});
const routeOf = (limits: readonly PreparedLimit[], cost = 1): PreparedRoute => ({
  ...plain,
  policy: { ...plain.policy, cost },
  limits,
});
const none: Allowance = { monthStartDay: 1 };
const everyKind = routeOf([limitOf('address'), limitOf('user'), limitOf('client'), limitOf('key')]);
const keysOf = (identity: Identity, route = everyKind) =>
  appliedLimits(route, { identity, address }, none, new Set()).map(({ check }) => check.name);

test('counts callers by the most specific identity, with every limit in one slot of a cluster', () => {
  const callerOf = (identity: Identity) => limitCall({ identity, address }, []).caller;
  expect([anonymous, ada, acme].map(callerOf)).toEqual([
    'address:2001:db8:0:0::/56',
    ada.caller,
    'client:digest',
  ]);
  expect(keysOf(anonymous, routeOf([limitOf('address')]))).toEqual(['address']);
  expect(keysOf(ada)).toEqual(['address:2001:db8:0:0::/56', 'user', 'client:web', 'key']);
  expect(keysOf(acme)).toEqual(['address:2001:db8:0:0::/56', 'user', 'client', 'key:k1']);
});

test("checks the route's limits, the plan's rate and its month at once; bytes are only read", () => {
  const rate = { requests: 600, periodSeconds: 60, burst: 60 };
  const plan = { requestsPerMonth: 10, bytesPerMonth: 1_000, rate };
  const limits = appliedLimits(
    routeOf([limitOf('user')], 3),
    { identity: ada, address },
    { plan, monthStartDay: 15 },
    new Set(),
  );
  expect(limits).toEqual([
    {
      name: 'user',
      check: {
        kind: 'rate',
        name: 'user',
        requests: 60,
        periodSeconds: 60,
        burst: 10,
        cost: 3,
        shadow: false,
      },
    },
    { name: 'plan', check: { kind: 'rate', name: 'plan', ...rate, cost: 3, shadow: false } },
    {
      name: 'month',
      check: { kind: 'quota', name: 'requests', startDay: 15, perMonth: 10, cost: 1, shadow: false },
    },
    {
      name: 'month-bytes',
      check: { kind: 'quota', name: 'bytes', startDay: 15, perMonth: 1_000, cost: 0, shadow: false },
    },
  ]);
  expect(
    limitCall(
      { identity: { ...ada, checks: [{ kind: 'nonce', name: 'n', lifetimeSeconds: 9 }] }, address },
      limits,
    ),
  ).toEqual({
    caller: ada.caller,
    checks: [{ kind: 'nonce', name: 'n', lifetimeSeconds: 9 }, ...limits.map(({ check }) => check)],
  });
});

test("a client's own rate replaces its plan's, with the same counter", () => {
  const rate = { requests: 600, periodSeconds: 60, burst: 60 };
  const plan = { requestsPerMonth: null, bytesPerMonth: null, rate };
  const own = { requests: 5, periodSeconds: 1, burst: 5 };
  const limits = appliedLimits(
    routeOf([]),
    { identity: acme, address },
    { plan, rate: own, monthStartDay: 1 },
    new Set(),
  );
  expect(limits).toMatchObject([{ name: 'client', check: { name: 'plan', requests: 5, burst: 5 } }]);
});

test('a limit is in shadow by the catalogue or by its name', () => {
  const route = routeOf([limitOf('user', { shadow: true }), limitOf('client'), limitOf('key')]);
  const limits = appliedLimits(route, { identity: acme, address }, none, new Set(['key']));
  expect(limits.map(({ check }) => check.shadow)).toEqual([true, false, true]);
});

test('a rate divided among instances is slower and its burst smaller, but never too small for the call', () => {
  const plan = { requestsPerMonth: 10, bytesPerMonth: null };
  const route = routeOf([limitOf('user'), limitOf('client', { burst: 3 })], 3);
  const whole = appliedLimits(route, { identity: ada, address }, { plan, monthStartDay: 1 }, new Set());
  expect(dividedAmong(1, whole)).toEqual(whole);
  expect(dividedAmong(2, whole).map(({ check }) => check)).toMatchObject([
    { requests: 60, periodSeconds: 120, burst: 5 },
    { requests: 60, periodSeconds: 120, burst: 3 },
    { perMonth: 10 },
  ]);
  const impossible = appliedLimits(
    routeOf([limitOf('user')], 11),
    { identity: ada, address },
    none,
    new Set(),
  );
  expect(dividedAmong(2, impossible)).toMatchObject([{ check: { burst: 10 } }]);
});

const state = (result: CheckResult, remaining = 9): CheckState => ({
  result: result,
  remaining,
  resetMicroseconds: 0,
  retryMicroseconds: 0,
  needsSettlement: false,
});

test('an exhausted month takes precedence over a rate, an impossible cost over both, and shadow limits do not count', () => {
  const plan = { requestsPerMonth: 10, bytesPerMonth: 10 };
  const route = routeOf([limitOf('user'), limitOf('client', { shadow: true })]);
  const limits = appliedLimits(route, { identity: ada, address }, { plan, monthStartDay: 1 }, new Set());
  const resultOf = (...results: CheckResult[]) =>
    limitResult(
      limits,
      results.map((result) => state(result)),
    );
  expect(resultOf('passed', 'refused', 'passed', 'passed')).toBe('passed');
  expect(resultOf('passed', 'never', 'passed', 'passed')).toBe('passed');
  expect(resultOf('refused', 'passed', 'passed', 'passed')).toBe('throttled');
  expect(resultOf('refused', 'passed', 'refused', 'passed')).toBe('quota');
  expect(resultOf('passed', 'passed', 'passed', 'refused')).toBe('quota');
  expect(resultOf('never', 'passed', 'refused', 'passed')).toBe('impossible');
});

test('reports the limit closest to exhaustion from four fifths on, and refusals in shadow', () => {
  const route = routeOf([limitOf('user'), limitOf('client', { shadow: true }), limitOf('key')]);
  const limits = appliedLimits(route, { identity: ada, address }, none, new Set());
  const seen = (...states: CheckState[]) => visibleLimits(limits, states);
  expect(seen(state('passed', 3), state('passed', 0), state('passed', 3))).toEqual({});
  expect(seen(state('passed', 2), state('passed'), state('passed', 1))).toEqual({
    closest: { name: 'key', isOver: false },
  });
  expect(seen(state('refused', 4), state('refused'), state('passed', 0))).toEqual({
    closest: { name: 'user', isOver: true },
    overInShadow: 'client',
  });
});
