import { encodePathSegment } from '../../runtime/http/path-template.ts';
import { JsonNumber } from '../../runtime/json/json-text.ts';
import { at } from './mapping.ts';

/**
 * The values that expressions can name, by their first word. Members of `parts` and `each` are JSON values.
 */
export interface Scope {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly identity: Readonly<Record<string, unknown>>;
  readonly variant: Readonly<Record<string, unknown>>;
  readonly parts: Readonly<Record<string, unknown>>;
  readonly each?: unknown;
}

export type Expanded =
  | { readonly kind: 'path'; readonly path: string }
  /** The expression that has no value, or none that a path can carry. */
  | { readonly kind: 'missing'; readonly expression: string };

const expression = /\{([^{}]+)\}/g;

function expressionsOf(template: string): string[] {
  return [...template.matchAll(expression)].map(([, inner = '']) => inner);
}

/** Fills in a path template. Every value is percent-encoded, so none can leave its segment or parameter. */
export function expand(template: string, scope: Scope): Expanded {
  const written = (inner: string) => encodePathSegment(textOf(lookUp(inner, scope)));
  const missing = expressionsOf(template).find((inner) => written(inner) === undefined);
  if (missing !== undefined) return { kind: 'missing', expression: missing };
  return { kind: 'path', path: template.replaceAll(expression, (_, inner: string) => written(inner) ?? '') };
}

/** The value of an expression, such as `parts.list.items`. */
export function lookUp(inner: string, scope: Scope): unknown {
  return at(scope, inner);
}

/** Lists are joined by commas. Empty for what is not text. */
function textOf(value: unknown): string {
  return Array.isArray(value) ? value.map(wordOf).join(',') : wordOf(value);
}

function wordOf(value: unknown): string {
  return value instanceof JsonNumber || ['string', 'number', 'boolean'].includes(typeof value)
    ? String(value)
    : '';
}
