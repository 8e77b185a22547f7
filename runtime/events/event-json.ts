import { exceededBound } from '../json/json-bounds.ts';

/** Maximum size of one record: the default `max.message.bytes` of a Kafka topic. */
const maxEventBytes = 1_048_576;
/** Deeper than any event or webhook, and shallow enough for a parser's stack and time. */
export const maxEventDepth = 64;

export type EventJson =
  | { readonly kind: 'json'; readonly value: unknown; readonly text: string }
  /** The reason why the value can never be read. */
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Reads JSON of a foreign writer and accepts only what can be stored and written anywhere: UTF-8 without NUL
 * and without lone surrogates (RFC 8259 section 8.2; PostgreSQL and DynamoDB refuse them), of bounded size
 * and nesting. Never throws.
 *
 * @param maxDepth levels of objects and arrays.
 */
export function readEventJson(value: string | Uint8Array, maxDepth: number = maxEventDepth): EventJson {
  const size = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
  if (size > maxEventBytes) return invalid(`${size} bytes, which is more than ${maxEventBytes}`);
  const text = textOf(value);
  if (text === undefined) return invalid('not UTF-8');
  if (exceededBound(text, { depth: maxDepth }) !== undefined)
    return invalid(`nested more than ${maxDepth} levels deep`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's message is omitted: it quotes the text, which may contain customer data.
    return invalid('not JSON');
  }
  // JSON allows no raw control characters in strings, so only an escape can contain one.
  if (suspiciousEscape.test(text) && !isSound(parsed)) return invalid('contains NUL or a lone surrogate');
  return { kind: 'json', value: parsed, text };
}

const suspiciousEscape = /\\u(?:0000|d[89a-f])/i;
const decoder = new TextDecoder('utf-8', { fatal: true });

function textOf(value: string | Uint8Array): string | undefined {
  if (typeof value === 'string') return isWellFormedText(value) ? value : undefined;
  try {
    return decoder.decode(value);
  } catch {
    return undefined;
  }
}

/** Text that every data store accepts: well-formed Unicode without NUL. */
export function isWellFormedText(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

function isSound(value: unknown): boolean {
  if (typeof value === 'string') return isWellFormedText(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSound);
  return Object.entries(value).every(([name, inner]) => isWellFormedText(name) && isSound(inner));
}

function invalid(reason: string): EventJson {
  return { kind: 'invalid', reason };
}
