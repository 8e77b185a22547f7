import { exceededBound } from '../../../runtime/json/json-bounds.ts';
import { textFault } from './text-rules.ts';

/** Deeper and wider than any body of ours by far, and little enough to parse and to judge at once. */
export const jsonBounds = { depth: 32, values: 2_000 } as const;

/** What the bytes of a body come to. Faults are ends of a sentence that begins with "The body". */
export type JsonBody =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'malformed'; readonly detail: string };

/**
 * Reads JSON (RFC 8259) that others have written. Its bounds are checked in one pass before it is parsed, so that
 * neither the parser nor a schema works on more.
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
  depth: `is nested over ${jsonBounds.depth} deep.`,
  values: `has over ${jsonBounds.values} values.`,
};

/** A text within a JSON value that is refused, and the way to it. */
export interface TextFault {
  readonly path: readonly PropertyKey[];
  readonly detail: string;
}

/** The faults of all texts of a value within `jsonBounds`, names of members included. A schema may ask for more. */
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
