import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallOutcome, CallService } from '../platform/http/service-client.ts';
import { paymentsOf, stockOf } from './downstreams.ts';
import { isLastAttempt, retryDelaySeconds } from './retry-schedule.ts';
import { type OrderTransition, onPayment, type SagaOrder, takeStep } from './saga.ts';

/** The calls of a saga, as `METHOD verb`. */
const calls = ['hold', 'commit', 'release', 'open', 'cancel', 'refund'] as const;
type Call = (typeof calls)[number];

/** What may become of a call instead of its answer. Statuses that mean something to a saga are the model's own to give. */
const meanings: Readonly<Record<Call, readonly number[]>> = {
  hold: [409],
  commit: [409],
  release: [409],
  open: [],
  cancel: [404],
  refund: [404],
};
const statuses = [301, 400, 401, 403, 404, 408, 409, 413, 415, 422, 425, 429, 451, 499, 500, 502, 503, 504];
type Fault =
  | { readonly kind: 'status'; readonly status: number }
  /** No answer, before or after the call has taken effect. */
  | { readonly kind: 'timeout'; readonly hasEffect: boolean }
  /** An answer of another shape, of a call that has taken effect. */
  | { readonly kind: 'garbage'; readonly body: unknown };

const faultOf = (call: Call): fc.Arbitrary<Fault> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('status' as const),
      status: fc.constantFrom(...statuses.filter((status) => !meanings[call].includes(status))),
    }),
    fc.record({ kind: fc.constant('timeout' as const), hasEffect: fc.boolean() }),
    fc.record({
      kind: fc.constant('garbage' as const),
      body: fc.constantFrom(null, [], 'x', { status: 7 }, { expiresAt: 'never' }, { id: '', status: 'gone' }),
    }),
  );

interface Trouble {
  readonly fault: Fault;
  /** The first so many calls meet it. */
  readonly times: number;
}
type Troubles = Partial<Record<Call, Trouble>>;

const troubles = (most: number): fc.Arbitrary<Troubles> =>
  fc
    .tuple(
      ...calls.map((call) =>
        fc.option(fc.record({ fault: faultOf(call), times: fc.constantFrom(1, 2, 5, most) }), {
          nil: undefined,
          freq: 2,
        }),
      ),
    )
    .map((each) =>
      Object.fromEntries(calls.flatMap((call, index) => (each[index] ? [[call, each[index]]] : []))),
    );

const holdMs = 900_000;
/** Far more than any order takes. */
const mostSteps = 600;

/** The services of one order, as they are when nothing goes wrong, and a clock. */
class World {
  nowMs = 0;
  stock: 'free' | 'held' | 'sold' = 'free';
  heldUntilMs = 0;
  money: 'none' | 'pending' | 'succeeded' | 'canceled' | 'refunded' = 'none';
  readonly #left: Map<Call, number>;
  readonly #troubles: Troubles;

  constructor(given: Troubles) {
    this.#troubles = given;
    this.#left = new Map(calls.map((call) => [call, given[call]?.times ?? 0]));
  }

  readonly call: CallService = async (method, path) => {
    const call = nameOf(method, path);
    const left = this.#left.get(call) ?? 0;
    const fault = left > 0 ? this.#troubles[call]?.fault : undefined;
    this.#left.set(call, left - 1);
    // As `createCallService` reads them.
    if (fault?.kind === 'status') {
      return fault.status >= 500 || fault.status === 429
        ? { kind: 'unavailable', reason: String(fault.status) }
        : { kind: 'answered', status: fault.status, body: { detail: 'no' } };
    }
    if (fault?.kind === 'timeout' && !fault.hasEffect) return { kind: 'unavailable', reason: 'timeout' };
    const answer = this.#effect(call);
    if (fault?.kind === 'timeout') return { kind: 'unavailable', reason: 'timeout' };
    if (fault?.kind === 'garbage' && answer.kind === 'answered' && answer.status < 300 && hasShape(call)) {
      return { ...answer, body: fault.body };
    }
    return answer;
  };

  get isHeld(): boolean {
    return this.stock === 'held' && this.heldUntilMs > this.nowMs;
  }

  #effect(call: Call): CallOutcome {
    const answer = (status: number, body: unknown): CallOutcome => ({ kind: 'answered', status, body });
    switch (call) {
      case 'hold':
        if (!this.isHeld) {
          this.stock = 'held';
          this.heldUntilMs = this.nowMs + holdMs;
        }
        return answer(200, { expiresAt: new Date(this.heldUntilMs).toISOString() });
      case 'commit':
        if (this.stock === 'sold') return answer(200, {});
        if (!this.isHeld) return answer(409, {});
        this.stock = 'sold';
        return answer(200, {});
      case 'release':
        if (this.stock === 'sold') return answer(409, {});
        this.stock = 'free';
        return answer(204, null);
      case 'open':
        if (this.money === 'none') this.money = 'pending';
        return answer(200, { id: 'p', intentId: 'pi', clientSecret: 's', status: this.money });
      case 'cancel':
        if (this.money === 'none') return answer(404, {});
        if (this.money === 'pending') this.money = 'canceled';
        return answer(200, { status: this.money });
      default:
        if (this.money === 'none') return answer(404, {});
        if (this.money === 'pending') return answer(409, {});
        if (this.money === 'succeeded') this.money = 'refunded';
        return answer(200, { status: this.money });
    }
  }
}

function nameOf(method: string, path: string): Call {
  const isStock = path.includes('reservations');
  if (method === 'PUT') return isStock ? 'hold' : 'open';
  if (method === 'DELETE') return 'release';
  return path.endsWith('commit') ? 'commit' : path.endsWith('cancel') ? 'cancel' : 'refund';
}

/** Others are answered by their status alone. */
function hasShape(call: Call): boolean {
  return call !== 'commit' && call !== 'release';
}

interface Ending {
  readonly world: World;
  readonly order: SagaOrder;
  readonly steps: number;
  readonly attention: readonly string[];
}

/** @param paysAt the step from which on the buyer pays, as soon as that is possible; null for one who never does. */
async function run(given: Troubles, paysAt: number | null): Promise<Ending> {
  const world = new World(given);
  const downstreams = { stock: stockOf(world.call), payments: paymentsOf(world.call) };
  const attention: string[] = [];
  let order: SagaOrder = {
    id: 'o',
    userId: 'u',
    status: 'created',
    items: [],
    total: { amount: 1, currency: 'EUR' },
    createdAt: new Date(0).toISOString(),
    heldUntil: null,
  };
  let dueMs: number | null = 0;
  let attempts = 0;
  const apply = (move: OrderTransition) => {
    const { status, payment = order.payment, heldUntil = order.heldUntil, reason = order.reason } = move;
    const { payment: _, reason: __, ...rest } = order;
    order = {
      ...rest,
      status,
      heldUntil,
      ...(payment === undefined ? {} : { payment }),
      ...(reason === undefined ? {} : { reason }),
    };
    if (move.manualIntervention !== undefined) attention.push(move.manualIntervention);
    attempts = 0;
    if (move.nextStep === null) dueMs = null;
    else dueMs = move.nextStep === 'now' ? world.nowMs : Date.parse(move.nextStep.at);
  };
  let steps = 0;
  for (; steps < mostSteps; steps += 1) {
    if (paysAt !== null && steps >= paysAt && world.money === 'pending') {
      world.money = 'succeeded';
      const move = onPayment(order, { outcome: 'succeeded' });
      if (move !== null) apply(move);
    }
    if (dueMs === null) break;
    world.nowMs = Math.max(world.nowMs, dueMs);
    attempts += 1;
    const isLate = Date.parse(order.heldUntil ?? new Date(holdMs).toISOString()) <= world.nowMs;
    const outcome = await takeStep(order, downstreams, isLastAttempt({ ...order, attempts, isLate }));
    if (outcome.kind === 'move') apply(outcome);
    else dueMs = world.nowMs + retryDelaySeconds(attempts) * 1_000;
  }
  return { world, order, steps, attention };
}

const pays = fc.option(fc.nat(80), { nil: null });

function isBalanced({ world, order }: Ending): boolean {
  return order.status === 'confirmed'
    ? world.stock === 'sold' && world.money === 'succeeded'
    : world.stock !== 'sold' && world.money !== 'succeeded';
}

test('ends every order, whatever the services answer for ever, and leaves to people what is not balanced', async () => {
  await fc.assert(
    fc.asyncProperty(troubles(Number.POSITIVE_INFINITY), pays, async (given, paysAt) => {
      const ending = await run(given, paysAt);
      expect(ending.steps).toBeLessThan(mostSteps);
      expect(['confirmed', 'released', 'rejected']).toContain(ending.order.status);
      expect(ending.order.status === 'confirmed' || /^\w+$/.test(ending.order.reason ?? '')).toBe(true);
      expect(isBalanced(ending) || ending.attention.length > 0).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test('balances every order by itself when all faults pass and none refuses', async () => {
  const passing = troubles(12).filter((given) =>
    Object.values(given).every(({ fault }) => fault.kind !== 'status' || fault.status >= 500),
  );
  await fc.assert(
    fc.asyncProperty(passing, pays, async (given, paysAt) => {
      const ending = await run(given, paysAt);
      expect([isBalanced(ending), ending.attention]).toEqual([true, []]);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['hold', 'stock_refused'],
  ['open', 'payment_refused'],
] as const)('fails an order at once whose %s is refused, and says %s', async (call, reason) => {
  for (const status of [400, 401, 403, 404, 413, 422, 451]) {
    const trouble = { fault: { kind: 'status', status } as const, times: Number.POSITIVE_INFINITY };
    const { order, world, steps } = await run({ [call]: trouble }, null);
    expect(order).toMatchObject({ status: 'released', reason });
    expect([world.isHeld, world.nowMs, steps <= 4]).toEqual([false, 0, true]);
  }
});

test('keeps asking a service that is away until the hold ends, and no longer', async () => {
  const away = { fault: { kind: 'timeout', hasEffect: false } as const, times: Number.POSITIVE_INFINITY };
  const { order, world } = await run({ open: away }, null);
  expect(order).toMatchObject({ status: 'released', reason: 'payment_unavailable' });
  expect(world.nowMs).toBeGreaterThanOrEqual(holdMs);
  expect(world.nowMs).toBeLessThan(holdMs + 61_000);
});
