import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallOutcome, CallService } from '../platform/http/service-client.ts';
import { paymentsOf, stockOf } from './downstreams.ts';
import { isLastAttempt, retryDelaySeconds } from './retry-schedule.ts';
import { type OrderTransition, onPayment, type SagaOrder, takeStep } from './saga.ts';

/** The calls of a saga, as `METHOD verb`. */
const calls = ['hold', 'commit', 'release', 'open', 'cancel', 'refund'] as const;
type Call = (typeof calls)[number];

/** Statuses that have a meaning for a saga. Only the model returns them; a fault does not. */
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
  /** No response, before or after the call has taken effect. */
  | { readonly kind: 'timeout'; readonly hasEffect: boolean }
  /** A response with an unexpected body, after the call has taken effect. */
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

interface InjectedFault {
  readonly fault: Fault;
  /** How many of the first calls fail. */
  readonly times: number;
}
type Faults = Partial<Record<Call, InjectedFault>>;

const faults = (maxTimes: number): fc.Arbitrary<Faults> =>
  fc
    .tuple(
      ...calls.map((call) =>
        fc.option(fc.record({ fault: faultOf(call), times: fc.constantFrom(1, 2, 5, maxTimes) }), {
          nil: undefined,
          freq: 2,
        }),
      ),
    )
    .map((each) =>
      Object.fromEntries(calls.flatMap((call, index) => (each[index] ? [[call, each[index]]] : []))),
    );

const holdMs = 900_000;
/** Far more steps than any order takes. */
const maxSteps = 600;

/** A model of the services of one order, with a clock and with injected faults. */
class ShopModel {
  nowMs = 0;
  stock: 'free' | 'held' | 'sold' = 'free';
  heldUntilMs = 0;
  money: 'none' | 'pending' | 'succeeded' | 'canceled' | 'refunded' = 'none';
  readonly #faultsLeft: Map<Call, number>;
  readonly #faults: Faults;

  constructor(injected: Faults) {
    this.#faults = injected;
    this.#faultsLeft = new Map(calls.map((call) => [call, injected[call]?.times ?? 0]));
  }

  readonly call: CallService = async (method, path) => {
    const call = nameOf(method, path);
    const left = this.#faultsLeft.get(call) ?? 0;
    const fault = left > 0 ? this.#faults[call]?.fault : undefined;
    this.#faultsLeft.set(call, left - 1);
    // The same outcomes as those of `createCallService`.
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

/** Whether a saga reads the body of the response. */
function hasShape(call: Call): boolean {
  return call !== 'commit' && call !== 'release';
}

interface Result {
  readonly model: ShopModel;
  readonly order: SagaOrder;
  readonly steps: number;
  readonly reported: readonly string[];
}

/** @param paysAt the first step at which the customer pays, if the payment is open; null if the customer never pays. */
async function run(injected: Faults, paysAt: number | null): Promise<Result> {
  const model = new ShopModel(injected);
  const downstreams = { stock: stockOf(model.call), payments: paymentsOf(model.call) };
  const reported: string[] = [];
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
    if (move.manualIntervention !== undefined) reported.push(move.manualIntervention);
    attempts = 0;
    if (move.nextStep === null) dueMs = null;
    else dueMs = move.nextStep === 'now' ? model.nowMs : Date.parse(move.nextStep.at);
  };
  let steps = 0;
  for (; steps < maxSteps; steps += 1) {
    if (paysAt !== null && steps >= paysAt && model.money === 'pending') {
      model.money = 'succeeded';
      const move = onPayment(order, { outcome: 'succeeded' });
      if (move !== null) apply(move);
    }
    if (dueMs === null) break;
    model.nowMs = Math.max(model.nowMs, dueMs);
    attempts += 1;
    const isLate = Date.parse(order.heldUntil ?? new Date(holdMs).toISOString()) <= model.nowMs;
    const outcome = await takeStep(order, downstreams, isLastAttempt({ ...order, attempts, isLate }));
    if (outcome.kind === 'move') apply(outcome);
    else dueMs = model.nowMs + retryDelaySeconds(attempts) * 1_000;
  }
  return { model, order, steps, reported };
}

const pays = fc.option(fc.nat(80), { nil: null });

/** Whether stock and payment agree with the status of the order. */
function isBalanced({ model, order }: Result): boolean {
  return order.status === 'confirmed'
    ? model.stock === 'sold' && model.money === 'succeeded'
    : model.stock !== 'sold' && model.money !== 'succeeded';
}

test('ends every order under permanent faults, and reports every order that is not balanced', async () => {
  await fc.assert(
    fc.asyncProperty(faults(Number.POSITIVE_INFINITY), pays, async (injected, paysAt) => {
      const result = await run(injected, paysAt);
      expect(result.steps).toBeLessThan(maxSteps);
      expect(['confirmed', 'released', 'rejected']).toContain(result.order.status);
      expect(result.order.status === 'confirmed' || /^\w+$/.test(result.order.reason ?? '')).toBe(true);
      expect(isBalanced(result) || result.reported.length > 0).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test('balances every order without an operator when all faults are temporary', async () => {
  const temporary = faults(12).filter((injected) =>
    Object.values(injected).every(({ fault }) => fault.kind !== 'status' || fault.status >= 500),
  );
  await fc.assert(
    fc.asyncProperty(temporary, pays, async (injected, paysAt) => {
      const result = await run(injected, paysAt);
      expect([isBalanced(result), result.reported]).toEqual([true, []]);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['hold', 'stock_refused'],
  ['open', 'payment_refused'],
] as const)('fails an order at once when %s is refused, with the reason %s', async (call, reason) => {
  for (const status of [400, 401, 403, 404, 413, 422, 451]) {
    const permanent = { fault: { kind: 'status', status } as const, times: Number.POSITIVE_INFINITY };
    const { order, model, steps } = await run({ [call]: permanent }, null);
    expect(order).toMatchObject({ status: 'released', reason });
    expect([model.isHeld, model.nowMs, steps <= 4]).toEqual([false, 0, true]);
  }
});

test('retries an unavailable service until the hold expires, and no longer', async () => {
  const unavailable = {
    fault: { kind: 'timeout', hasEffect: false } as const,
    times: Number.POSITIVE_INFINITY,
  };
  const { order, model } = await run({ open: unavailable }, null);
  expect(order).toMatchObject({ status: 'released', reason: 'payment_unavailable' });
  expect(model.nowMs).toBeGreaterThanOrEqual(holdMs);
  expect(model.nowMs).toBeLessThan(holdMs + 61_000);
});
