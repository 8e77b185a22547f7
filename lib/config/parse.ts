import type { z } from 'zod';
import { ConfigError, type Fault } from './config-error.ts';

/** A read-only view of a value and of everything it contains. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/**
 * Parses one configuration document and freezes the result deeply.
 *
 * @param root name of the document, the first part of each fault's entry.
 * @throws {ConfigError} with one fault per problem; each fault names its entry and the remedy.
 */
export function parse<S extends z.ZodType>(
  root: string,
  schema: S,
  input: unknown,
): DeepReadonly<z.output<S>> {
  const result = schema.safeParse(input);
  if (!result.success) {
    throw new ConfigError(result.error.issues.flatMap((issue) => faultsOf(root, issue)));
  }
  return deepFreeze(result.data) as DeepReadonly<z.output<S>>;
}

/** Formats a path as TypeScript writes it: `catalogue.routes["GET /x"].cache`. */
export function entryName(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`;
    const word = String(key);
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(word) ? `${name}.${word}` : `${name}[${JSON.stringify(word)}]`;
  }, root);
}

function faultsOf(root: string, issue: z.core.$ZodIssue): Fault[] {
  const entry = entryName(root, issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        entry: entryName(root, [...issue.path, key]),
        fault: 'is not a known key.',
        remedy: 'Correct its spelling or remove it.',
      }));
    case 'invalid_key':
      return [
        {
          entry,
          fault: 'is not a valid name.',
          remedy: issue.issues.map((inner) => inner.message).join(' '),
        },
      ];
    case 'too_big':
      return [{ entry, fault: `is more than ${issue.maximum}.`, remedy: remedyOf(issue) }];
    case 'too_small':
      return [{ entry, fault: `is less than ${issue.minimum}.`, remedy: remedyOf(issue) }];
    case 'invalid_value':
      return [
        {
          entry,
          fault: 'is not an allowed value.',
          remedy: `Use one of: ${[...new Set(issue.values)].join(', ')}.`,
        },
      ];
    case 'invalid_type':
      return [
        {
          entry,
          fault: issue.message.endsWith('received undefined') ? 'is missing.' : 'is not valid.',
          remedy: remedyOf(issue),
        },
      ];
    case 'invalid_union':
      return isOwnText(issue.message) || issue.errors.length === 0
        ? [{ entry, fault: 'is not valid.', remedy: remedyOf(issue) }]
        : nearest(issue.errors).flatMap((inner) =>
            faultsOf(root, { ...inner, path: [...issue.path, ...inner.path] }),
          );
    default:
      return [{ entry, fault: 'is not valid.', remedy: remedyOf(issue) }];
  }
}

/** The alternative that the value comes closest to: the one with the fewest problems. */
function nearest(alternatives: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  return alternatives.reduce((best, other) => (other.length < best.length ? other : best));
}

/** Whether the schema gives the text of the fault; otherwise Zod has made one, which names no remedy. */
function isOwnText(message: string): boolean {
  return !/^(Invalid|Too (small|big)|Unrecognized|Expected)\b/.test(message);
}

const nouns: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list: [ ... ]',
  object: 'an object: { ... }',
  record: 'an object: { ... }',
  nonoptional: 'a value',
};

function remedyOf(issue: z.core.$ZodIssue): string {
  if (isOwnText(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `Give ${nouns[issue.expected] ?? issue.expected}.`;
    case 'too_big':
      return `Give at most ${issue.maximum}.`;
    case 'too_small':
      return `Give at least ${issue.minimum}.`;
    case 'not_multiple_of':
      return `Give a multiple of ${issue.divisor}.`;
    case 'invalid_format':
      return `Give a text of the form "${issue.format}"${issue.pattern === undefined ? '' : `: ${issue.pattern}`}.`;
    default:
      return 'Give a value that the schema in lib/config/schemas allows.';
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
