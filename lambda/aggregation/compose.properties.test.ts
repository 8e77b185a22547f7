import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Part } from './contract.ts';
import type { UpstreamAnswer, UpstreamFailure } from './ports.ts';
import {
  aggregatorFor,
  answered,
  compositionOf,
  eventOf,
  failed,
  partOf,
} from './testing/composition-fixtures.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** Any parts that depend on earlier ones, some of them required; a required part needs only required ones. */
const parts: fc.Arbitrary<readonly Part[]> = fc
  .array(fc.record({ required: fc.boolean(), before: fc.subarray(names), isStatic: fc.boolean() }), {
    minLength: 1,
    maxLength: 7,
  })
  .map((shapes) =>
    shapes.map(({ required, before, isStatic }, index) =>
      partOf(names[index] ?? '', {
        required,
        after: before.filter((name) => {
          const at = names.indexOf(name);
          return at < index && (!required || shapes[at]?.required === true);
        }),
        fallback: isStatic && !required ? { kind: 'static', value: 'stand-in' } : { kind: 'empty' },
      }),
    ),
  );

const outcomes: readonly (UpstreamAnswer | UpstreamFailure)[] = [
  answered({ ok: true }),
  failed('timeout'),
  failed('connection'),
  answered({}, 500),
  answered({ title: 'No' }, 404),
  answered('garbage'),
];

/** The services' behaviour, by part, and the order in which they answer. */
const runs = parts.chain((declared) =>
  fc.record({
    declared: fc.constant(declared),
    outcome: fc.array(fc.nat(outcomes.length - 1), { minLength: 7, maxLength: 7 }),
    order: fc.shuffledSubarray(names, { minLength: 7 }),
    otherOrder: fc.shuffledSubarray(names, { minLength: 7 }),
  }),
);

async function answerInOrder(
  declared: readonly Part[],
  outcome: readonly number[],
  order: readonly string[],
) {
  const waiting = new Map<string, () => void>();
  const { aggregate, calls } = aggregatorFor(compositionOf(declared), async ({ service }) => {
    await new Promise<void>((release) => waiting.set(service, release));
    return outcomes[outcome[names.indexOf(service)] ?? 0] ?? failed('connection');
  });
  const answer = aggregate(eventOf());
  const end = new AbortController();
  void answer.finally(() => end.abort());
  while (!end.signal.aborted) {
    // The pending requests answer in this order; then the next are sent.
    await new Promise((done) => setImmediate(done));
    const next = order.find((name) => waiting.has(name));
    if (next === undefined) continue;
    waiting.get(next)?.();
    waiting.delete(next);
  }
  return { answer: await answer, calls };
}

test('the order of arrival never changes the answer', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ declared, outcome, order, otherOrder }) => {
      const first = await answerInOrder(declared, outcome, order);
      const second = await answerInOrder(declared, outcome, otherOrder);
      expect(second.answer).toEqual(first.answer);
    }),
    { numRuns: 200 },
  );
});

/** The expected result of the services' answers, computed without the engine. */
function expectationOf(declared: readonly Part[], outcome: readonly number[]) {
  const outcomeOf = (part: Part) => outcomes[outcome[names.indexOf(part.name)] ?? 0];
  const partsBefore = (part: Part) => declared.filter(({ name }) => part.after.includes(name));
  const hasValue = (part: Part): boolean => isGood(part) || part.fallback.kind === 'static';
  const isGood = (part: Part): boolean =>
    outcomeOf(part) === outcomes[0] && partsBefore(part).every(hasValue);
  const broken = declared.find((part) => part.required && !isGood(part));
  const statusOf = (part: Part): number => {
    const cause = outcomeOf(part);
    // It was not requested, because an earlier one has failed; that one is required too, but may stand after
    // it.
    if (cause === undefined || !partsBefore(part).every(isGood)) return 502;
    if (cause.kind === 'failed') return cause.reason === 'timeout' ? 504 : 502;
    return cause.status === 404 ? 404 : 502;
  };
  return { isGood, status: broken === undefined ? 200 : statusOf(broken) };
}

test('every subset of failing parts gives an answer, or the error of the first required part', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ declared, outcome, order }) => {
      const { answer, calls } = await answerInOrder(declared, outcome, order);
      expect(answer.statusCode).toBe(expectationOf(declared, outcome).status);
      expect(new Set(calls.map(({ service }) => service)).size).toBe(calls.length);
    }),
    { numRuns: 300 },
  );
});

test('an answer has every part, with its value, its fallback or null, and states whether it is complete', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ declared, outcome, order }) => {
      const { isGood, status } = expectationOf(declared, outcome);
      fc.pre(status === 200);
      const { answer } = await answerInOrder(declared, outcome, order);
      const { meta: _, ...body } = JSON.parse(answer.body) as Record<string, unknown>;
      const standIn = (part: Part) => (part.fallback.kind === 'static' ? 'stand-in' : null);
      const expected = declared.map((part) => [part.name, isGood(part) ? { ok: true } : standIn(part)]);
      expect(Object.entries(body)).toEqual(expected);
      expect(answer.headers['x-gateway-completed']).toBe(String(declared.every(isGood)));
    }),
    { numRuns: 200 },
  );
});
