import { isJsonObject } from '../../runtime/json/json-text.ts';
import { callPart, type Fetched, type RequestContext, staleValue } from './call-part.ts';
import type { FanOut, Part } from './contract.ts';
import { map, pick } from './mapping.ts';
import type { UpstreamAnswer } from './ports.ts';
import { expand, lookUp, type Scope } from './template.ts';

/** The result of a part, including failures of its service. */
export interface PartOutcome {
  /**
   * `ok`: the service's or a fresh cached answer. `stale`: an older one. `partial`: some elements have no
   * answer. `fallback`: the declared replacement. `refused`: the service refused the call. `skipped`: it does
   * not apply to this caller. `failed`: no value.
   */
  readonly status: 'ok' | 'stale' | 'partial' | 'fallback' | 'refused' | 'skipped' | 'failed';
  readonly source: 'service' | 'cache' | 'static' | 'none';
  readonly ageSeconds: number;
  /** Before `fields`, so that later parts find members that the answer does not show. */
  readonly value: unknown;
  /** Reason of any status but `ok`. */
  readonly reason?: string;
  /** Of the one request of a part without fan-out. */
  readonly answer?: UpstreamAnswer;
}

/** Runs one part whose predecessors are done. Never rejects. */
export async function runPart(
  part: Part,
  scope: Scope,
  body: unknown,
  context: RequestContext,
): Promise<PartOutcome> {
  if (part.each !== undefined) return fanOut(part, part.each, scope, context);
  const expanded = expand(part.path, scope);
  if (expanded.kind === 'missing') return missingInput(part, expanded.expression);
  const fetched = await callPart(part, expanded.path, body, context);
  return settle(part, fetched);
}

/** Whether the part has a value: from the service, the cache or the declaration. */
export function hasValue({ status }: PartOutcome): boolean {
  return status !== 'failed' && status !== 'refused' && status !== 'skipped';
}

/** The part as the answer shows it. */
export function shownValue(part: Part, { value }: PartOutcome): unknown {
  return part.fields.length === 0 ? value : pick(value, part.fields);
}

/**
 * A part without its input is skipped for a caller without identity, and failed after a failed predecessor.
 */
export function missingInput(part: Part, expression: string): PartOutcome {
  if (expression.startsWith('identity.')) {
    return { status: 'skipped', source: 'none', ageSeconds: 0, value: null, reason: `no ${expression}` };
  }
  return fallback(part, `no ${expression}`);
}

function settle(part: Part, fetched: Fetched): PartOutcome {
  if (fetched.kind === 'value') return valued(part, fetched);
  if (fetched.kind === 'refused') {
    const { answer } = fetched;
    const reason = `status ${answer.status}`;
    return part.required
      ? { status: 'refused', source: 'service', ageSeconds: 0, value: null, reason, answer }
      : fallback(part, reason);
  }
  const stale = part.fallback.kind === 'stale' ? staleValue(fetched.cached) : undefined;
  if (stale !== undefined) return { ...valued(part, stale), reason: fetched.reason };
  return fallback(part, fetched.reason);
}

function valued(
  part: Part,
  { value, source, ageSeconds, isStale, answer }: Extract<Fetched, { kind: 'value' }>,
) {
  return {
    status: isStale ? 'stale' : 'ok',
    source,
    ageSeconds,
    value: map(value, part.mapping),
    ...(answer === undefined ? {} : { answer }),
  } as const;
}

/** The declared fallback of a part without a value, or its failure. */
export function fallback(part: Part, reason: string): PartOutcome {
  if (part.fallback.kind === 'static' && !part.required) {
    return { status: 'fallback', source: 'static', ageSeconds: 0, value: part.fallback.value, reason };
  }
  return { status: 'failed', source: 'none', ageSeconds: 0, value: null, reason };
}

/**
 * Sends one request for each element, all at once. An element gets null when the service reports that it does
 * not exist; the part is `partial` when a request failed, and a required part fails with its first failed
 * element.
 */
async function fanOut(part: Part, each: FanOut, scope: Scope, context: RequestContext): Promise<PartOutcome> {
  const list = lookUp(each.of, scope);
  if (!Array.isArray(list)) return missingInput(part, each.of);
  const elements = list.slice(0, each.atMost) as readonly unknown[];
  const outcomes = await Promise.all(
    elements.map(async (element): Promise<PartOutcome> => {
      const expanded = expand(part.path, { ...scope, each: element });
      if (expanded.kind === 'missing') return missingInput(part, expanded.expression);
      const fetched = await callPart(part, expanded.path, undefined, context);
      if (fetched.kind === 'refused' && fetched.answer.status === 404) return notFound;
      return settle(part, fetched);
    }),
  );
  const value = elements.map((element, index) => ({
    ...(isJsonObject(element) ? element : { value: element }),
    [each.as]: outcomes[index]?.value ?? null,
  }));
  const failed = outcomes.find(({ status }) => ['failed', 'refused', 'fallback'].includes(status));
  if (failed !== undefined && part.required) return failed;
  const stale = outcomes.find(({ status }) => status === 'stale');
  const reason =
    failed?.reason ?? (list.length > elements.length ? `more than ${each.atMost}` : stale?.reason);
  return {
    status: failed !== undefined || list.length > elements.length ? 'partial' : (stale?.status ?? 'ok'),
    source: outcomes.every(({ source }) => source === 'cache') && outcomes.length > 0 ? 'cache' : 'service',
    ageSeconds: Math.max(0, ...outcomes.map(({ ageSeconds }) => ageSeconds)),
    value,
    ...(reason === undefined ? {} : { reason }),
  };
}

const notFound: PartOutcome = { status: 'ok', source: 'service', ageSeconds: 0, value: null };
