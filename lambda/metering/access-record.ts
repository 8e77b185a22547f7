import { createHash } from 'node:crypto';
import { NO_VALUE } from '../../runtime/contracts/gateway-contract.ts';
import { maxLengths } from '../../runtime/events/event-data.ts';
import { readEventJson } from '../../runtime/events/event-json.ts';
import { monthEndSeconds, monthName } from '../../runtime/limit-store/quota-month.ts';
import type { Counts } from './counts.ts';

/** A line of the access log as text by name: every value of the format is one. */
export type AccessLine = Readonly<Record<string, string>>;

/** A call that counts. */
export interface AccessRecord {
  /** Digest of the request's id, in base64: 12 bytes. */
  readonly id: string;
  readonly caller: string;
  /** When the call came, milliseconds since the epoch. */
  readonly timeMs: number;
  /** The month it belongs to, by its own time and by the caller's months. */
  readonly month: string;
  readonly monthStartDay: number;
  readonly monthEndSeconds: number;
  readonly counts: Counts;
  /** What the month allowed at that moment; null is unlimited, or unknown. */
  readonly allowed: { readonly requests: number | null; readonly bytes: number | null };
  readonly clientId: string;
  readonly userId: string;
  readonly plan: string;
}

export type ReadLine =
  | { readonly kind: 'counted'; readonly record: AccessRecord }
  /** Refused, or of nobody whose months are counted. */
  | { readonly kind: 'uncounted' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Longer than any format of API Gateway makes a field, headers of a caller included. */
const maxFieldCharacters = 10_240;

/**
 * Reads a line's JSON; undefined for what is none (a torn line, what is not UTF-8), has values that are no text, or text
 * that no table takes (NUL, lone surrogates) or no format makes.
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
 * What a line counts as. The decision engine takes a request from the month of each call that it allows to a known
 * caller, and so it is here: what was refused has used nothing, and anonymous callers have no month. Bytes are those
 * that API Gateway has processed, both ways; of a line without them, those of the answer.
 *
 * @param nowMs Milliseconds since the epoch: no call is of later than a day from now.
 */
export function readRecord(line: AccessLine, nowMs: number): ReadLine {
  const text = (name: string) => line[name] ?? NO_VALUE;
  const caller = text('caller');
  if (text('decision') !== 'allow' || caller === NO_VALUE) return { kind: 'uncounted' };
  const [timeMs, startDay] = [countOf(text('timeEpochMs')), countOf(text('monthStartDay'))];
  const requestId = text('requestId');
  if (timeMs === null || timeMs > nowMs + dayMs) return { kind: 'unreadable', reason: 'timeEpochMs' };
  if (startDay === null || startDay < 1 || startDay > 31)
    return { kind: 'unreadable', reason: 'monthStartDay' };
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
    },
  };
}

const dayMs = 86_400_000;

function countOf(text: string): number | null {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(count) ? count : null;
}
