import { exceededBound } from '../../../runtime/json/json-bounds.ts';
import { textFault } from './text-rules.ts';

/** Far more than any body of the shop has, and few enough to parse and validate without blocking the event loop. */
export const jsonBounds = { depth: 32, values: 2_000 } as const;

/** The result of parsing a body. `detail` completes a sentence that starts with "The body". */
export type JsonBody =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'malformed'; readonly detail: string };

/**
 * Parses JSON (RFC 8259) of a caller. Its bounds are checked in one pass before it is parsed, so that neither the parser
 * nor a schema processes more.
 */
export function readJson(bytes: Uint8Array): JsonBody {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return malformed('is not UTF-8.');
  }
  const bound = exceededBound(text, jsonBounds);
  if (bound !== undefined) return malformed(excess[bound]);
  try {
    return { kind: 'read', value: JSON.parse(text) as unknown };
  } catch {
    return malformed('is not JSON.');
  }
}

const malformed = (detail: string) => ({ kind: 'malformed', detail }) as const;

const excess = {
  depth: `is nested more than ${jsonBounds.depth} levels deep.`,
  values: `has more than ${jsonBounds.values} values.`,
};

/** A refused string within a JSON value, and its path. */
export interface TextFault {
  readonly path: readonly PropertyKey[];
  readonly detail: string;
}

/** The faults of all strings and member names of a value within `jsonBounds`. */
export function textFaults(value: unknown, path: readonly PropertyKey[] = []): TextFault[] {
  if (typeof value === 'string') {
    const detail = textFault(value, 'prose');
    return detail === null ? [] : [{ path, detail }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const key = Array.isArray(value) ? Number(name) : name;
    const detail = textFault(name, 'line');
    return [
      ...(detail === null ? [] : [{ path: [...path, key], detail: `has a name that ${detail}` }]),
      ...textFaults(member, [...path, key]),
    ];
  });
}
