import { NO_VALUE } from '../../runtime/contracts/gateway-contract.ts';
import type { HttpRequest } from '../../runtime/http/lambda-http.ts';
import type { Input, Part, PartsComposition, Variant } from './contract.ts';
import type { Scope } from './template.ts';

/** The caller's query to a composition. */
export interface CompositionQuery {
  readonly scope: Omit<Scope, 'parts' | 'each'>;
  /** Parts to show. */
  readonly shown: ReadonlySet<string>;
  /** Fields of the answer to show; empty is everything. */
  readonly fields: readonly string[];
}

export type Inputs =
  | { readonly kind: 'query'; readonly query: CompositionQuery }
  /** Invalid input: the fault and the remedy. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Longer than any composition needs; the API allows 10 kB. */
const maxQueryCharacters = 4_096;
const own = ['include', 'fields', 'variant'] as const;

/** Reads and validates all of the caller's input, before any service is called. */
export function readInputs(call: HttpRequest, composition: PartsComposition): Inputs {
  try {
    return { kind: 'query', query: compositionQueryOf(call, composition) };
  } catch (error) {
    if (error instanceof InputError) return { kind: 'refused', detail: error.message };
    throw error;
  }
}

/** Used only inside this file, to leave nested readers. */
class InputError extends Error {}

function compositionQueryOf(call: HttpRequest, composition: PartsComposition): CompositionQuery {
  const query = readQuery(call.query, composition);
  const given = { path: call.pathParameters, query: Object.fromEntries(query), header: call.headers };
  const read = (source: keyof typeof given) =>
    Object.fromEntries(
      Object.entries(composition.inputs)
        .filter(([expression]) => expression.startsWith(`${source}.`))
        .map(([expression, input]) => {
          const name = expression.slice(source.length + 1);
          return [name, readInput(expression, given[source][name], input)];
        }),
    );
  const [variantName, variant] = readVariant(query.get('variant'), composition);
  const include = readInclude(query.get('include'), composition.parts);
  const fields =
    readFields(query.get('fields'), composition.parts) ??
    variantFields(variant?.fields ?? [], include, composition.parts);
  const isWanted = (part: Part) =>
    part.required ||
    (include?.has(part.name) ?? (!part.onDemand && !(variant?.without.includes(part.name) ?? false)));
  const isAsked = (part: Part) =>
    part.required ||
    part.at === '' ||
    fields.length === 0 ||
    fields.some((field) => field.split('.')[0] === part.at);
  return {
    scope: {
      path: read('path'),
      query: read('query'),
      header: read('header'),
      identity: identityOf(call),
      variant: { name: variantName, ...variant?.parameters },
    },
    shown: new Set(
      composition.parts.filter((part) => isWanted(part) && isAsked(part)).map(({ name }) => name),
    ),
    fields,
  };
}

/** The fields that a variant shows, and all fields of parts that are named in addition. */
function variantFields(
  fields: readonly string[],
  include: ReadonlySet<string> | undefined,
  parts: readonly Part[],
): readonly string[] {
  if (fields.length === 0) return fields;
  const isShown = (part: Part) => fields.some((field) => field.split('.')[0] === part.at);
  const added = parts.filter((part) => include?.has(part.name) === true && !isShown(part));
  return [...fields, ...added.map((part) => part.at)];
}

/** A missing identity has no value, so that a request which needs it is not sent. */
function identityOf({ decision }: HttpRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(decision).filter(([, value]) => value !== NO_VALUE));
}

function readQuery(query: string, { inputs }: PartsComposition): ReadonlyMap<string, string> {
  if (query.length > maxQueryCharacters) {
    throw new InputError(`The query is longer than ${maxQueryCharacters} characters.`);
  }
  if (!isWellEncoded(query)) throw new InputError('The query is not percent-encoded UTF-8.');
  const parameters = new URLSearchParams(query);
  const known = [
    ...own,
    ...Object.keys(inputs)
      .filter((expression) => expression.startsWith('query.'))
      .map((expression) => expression.slice('query.'.length)),
  ];
  const repeated = known.find((name) => parameters.getAll(name).length > 1);
  if (repeated !== undefined) {
    throw new InputError(`The parameter "${repeated}" is given more than once. Give it once.`);
  }
  return new Map(parameters);
}

function isWellEncoded(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

function readInput(expression: string, given: string | undefined, { pattern, ...input }: Input): string {
  const [source, name] = expression.split('.', 2);
  const what = { path: 'path parameter', query: 'parameter', header: 'header' }[source ?? ''] ?? 'input';
  const value = given ?? input.default;
  if (value === undefined) throw new InputError(`The ${what} "${name}" is missing.`);
  if (value !== input.default && !new RegExp(`^(?:${pattern})$`, 'u').test(value)) {
    throw new InputError(`The ${what} "${name}" does not have the form ${pattern}.`);
  }
  return value;
}

function readVariant(
  given: string | undefined,
  { variants }: PartsComposition,
): readonly [name: string | undefined, variant: Variant | undefined] {
  const names = Object.keys(variants);
  const name = given ?? names[0];
  if (given !== undefined && !names.includes(given)) throw unknownName('variant', given, names);
  return [name, name === undefined ? undefined : variants[name]];
}

function readInclude(given: string | undefined, parts: readonly Part[]): ReadonlySet<string> | undefined {
  if (given === undefined) return undefined;
  const names = parts.map(({ name }) => name);
  const wanted = given.split(',').filter((name) => name !== '');
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownName('include', unknown, names);
  return new Set(wanted);
}

function readFields(given: string | undefined, parts: readonly Part[]): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const known = knownFields(parts);
  const wanted = given.split(',').filter((field) => field !== '');
  const unknown = wanted.find((field) => !known.some((path) => leadsTo(field, path)));
  if (unknown !== undefined) throw unknownName('fields', unknown, known);
  return wanted;
}

/** Every path that `?fields=` may name, or name a prefix of. */
function knownFields(parts: readonly Part[]): string[] {
  return parts.flatMap(({ at, fields }) =>
    fields.length === 0 ? [at] : fields.map((field) => (at === '' ? field : `${at}.${field}`)),
  );
}

const leadsTo = (field: string, path: string) => path === field || path.startsWith(`${field}.`);

function unknownName(parameter: string, name: string, known: readonly string[]): InputError {
  const list = known.length === 0 ? 'None is defined' : `Use one of: ${known.join(', ')}`;
  return new InputError(
    `The parameter "${parameter}" names "${name.slice(0, 80)}", which does not exist. ${list}.`,
  );
}
