import { createHash } from 'node:crypto';
import { NO_VALUE } from '../../runtime/contracts/gateway-contract.ts';
import { maxLengths } from '../../runtime/events/event-data.ts';
import { readEventJson } from '../../runtime/events/event-json.ts';
import { monthEndSeconds, monthName } from '../../runtime/limit-store/quota-month.ts';
import type { Counts } from './counts.ts';

/** A line of the access log, text by name: every value of the format is text. */
export type AccessLine = Readonly<Record<string, string>>;

/** A call that is metered. */
export interface AccessRecord {
  /** Digest of the request's id, in base64: 12 bytes. */
  readonly id: string;
  readonly caller: string;
  /** Time of the call, milliseconds since the epoch. */
  readonly timeMs: number;
  /** The month of the call, by its own time and by the caller's months. */
  readonly month: string;
  readonly monthStartDay: number;
  readonly monthEndSeconds: number;
  readonly counts: Counts;
  /** The month's allowance at that time; null is unlimited, or unknown. */
  readonly allowed: { readonly requests: number | null; readonly bytes: number | null };
  readonly clientId: string;
  readonly userId: string;
  readonly plan: string;
  /** Whether the call was refused: then it uses nothing of the quota, and counts as a refusal. */
  readonly isRefused: boolean;
}

export type ReadLine =
  | { readonly kind: 'counted'; readonly record: AccessRecord }
  /** Of a decision that is neither allowed nor refused, or of a caller without metered months. */
  | { readonly kind: 'uncounted' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Longer than any field of API Gateway's log format, including headers of a caller. */
const maxFieldCharacters = 10_240;

/**
 * Reads a line's JSON; undefined for text that is not JSON (a torn line, invalid UTF-8), has values that are
 * not text, or text that no table accepts (NUL, lone surrogates) or that is too long.
 */
export function parseLine(message: string): AccessLine | undefined {
  const json = readEventJson(message);
  if (json.kind === 'invalid') return undefined;
  const { value: parsed } = json;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  return Object.values(parsed).every(
    (value) => typeof value === 'string' && value.length <= maxFieldCharacters,
  )
    ? (parsed as AccessLine)
    : undefined;
}

/**
 * How a line is metered. As in the decision engine, each allowed call of a known caller is one request of the
 * month: refused calls use nothing and are counted apart, and anonymous callers have no month. Bytes are those that API Gateway has
 * processed in both directions; for a line without them, those of the answer.
 *
 * @param nowMs Milliseconds since the epoch: a call cannot be later than a day from now.
 */
export function readRecord(line: AccessLine, nowMs: number): ReadLine {
  const text = (name: string) => line[name] ?? NO_VALUE;
  const caller = text('caller');
  const isRefused = refusals.has(text('decision'));
  if ((text('decision') !== 'allow' && !isRefused) || caller === NO_VALUE) return { kind: 'uncounted' };
  const [timeMs, startDay] = [countOf(text('timeEpochMs')), countOf(text('monthStartDay'))];
  const requestId = text('requestId');
  if (timeMs === null || timeMs > nowMs + dayMs) return { kind: 'unreadable', reason: 'timeEpochMs' };
  if (startDay === null || startDay < 1 || startDay > 31)
    return isRefused ? { kind: 'uncounted' } : { kind: 'unreadable', reason: 'monthStartDay' };
  if (caller.length > maxLengths.key) return { kind: 'unreadable', reason: 'caller' };
  if (requestId === NO_VALUE || requestId === '') return { kind: 'unreadable', reason: 'requestId' };

  const bytesOut = countOf(text('responseBytes')) ?? 0;
  const seconds = Math.floor(timeMs / 1_000);
  return {
    kind: 'counted',
    record: {
      id: createHash('sha256').update(requestId).digest('base64').slice(0, 16),
      caller,
      timeMs,
      month: monthName(seconds, startDay),
      monthStartDay: startDay,
      monthEndSeconds: monthEndSeconds(seconds, startDay),
      counts: { requests: 1, bytes: Math.max(countOf(text('totalBytes')) ?? 0, bytesOut), bytesOut },
      allowed: { requests: countOf(text('quotaLimit')), bytes: countOf(text('quotaBytes')) },
      clientId: text('clientId'),
      userId: text('userId'),
      plan: text('plan'),
      isRefused,
    },
  };
}

/** Decisions that refuse a known caller. */
const refusals: ReadonlySet<string> = new Set(['forbidden', 'throttled', 'quota']);

const dayMs = 86_400_000;

function countOf(text: string): number | null {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(count) ? count : null;
}
