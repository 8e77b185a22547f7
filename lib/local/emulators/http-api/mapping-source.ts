import type { HeaderFields } from '../../http/header-fields.ts';
import type { Call } from './call.ts';
import { contextVariable, isContextVariable } from './context-variables.ts';

/** The values that a parameter mapping can refer to. */
export interface MappingScope {
  readonly call: Call;
  /** Only for mappings of a response. */
  readonly responseHeaders?: HeaderFields;
}

/** The source of a mapping; it returns undefined when it has no value for the call. */
export type MappingSource = (scope: MappingScope) => string | undefined;

/**
 * Compiles the source of a mapping: `$request.…`, `$response.header.…`, `$context.…`, `$stageVariables.…`, a text with
 * `${…}` in it, or a constant text ("Parameter mapping values", API Gateway guide).
 *
 * @returns an error message for an invalid source.
 */
export function compileSource(source: string): MappingSource | string {
  if (/^\$(request|response|context|stageVariables)\./.test(source)) return compileReference(source.slice(1));
  if (!source.includes('${')) return () => source;
  const texts: string[] = [];
  const references: MappingSource[] = [];
  let last = 0;
  for (const found of source.matchAll(/\$\{\$?([^{}]+)\}/g)) {
    const reference = compileReference(found[1] ?? '');
    if (typeof reference === 'string') return reference;
    texts.push(source.slice(last, found.index));
    references.push(reference);
    last = found.index + found[0].length;
  }
  texts.push(source.slice(last));
  return (scope) => {
    const values = references.map((reference) => reference(scope));
    if (values.includes(undefined)) return undefined;
    return texts.map((text, index) => text + (values[index] ?? '')).join('');
  };
}

function compileReference(reference: string): MappingSource | string {
  const after = (prefix: string) =>
    reference.startsWith(prefix) ? reference.slice(prefix.length) : undefined;
  const header = after('request.header.');
  if (header !== undefined) return ({ call }) => joined(call.exchange.headers.all(header));
  const query = after('request.querystring.');
  if (query !== undefined) {
    return ({ call }) => joined(new URLSearchParams(call.exchange.query).getAll(query));
  }
  if (reference === 'request.path') return ({ call }) => call.exchange.path;
  const parameter = after('request.path.');
  if (parameter !== undefined) return ({ call }) => call.pathParameters[parameter];
  const responseHeader = after('response.header.');
  if (responseHeader !== undefined)
    return ({ responseHeaders }) => joined(responseHeaders?.all(responseHeader) ?? []);
  const stageVariable = after('stageVariables.');
  if (stageVariable !== undefined) return ({ call }) => call.api.stageVariables[stageVariable];
  const variable = after('context.');
  if (variable !== undefined) {
    return isContextVariable(variable)
      ? ({ call }) => contextVariable(call, variable)
      : `$context.${variable} is not a variable of HTTP APIs.`;
  }
  if (/^(request|response)\.body\b/.test(reference))
    return `$${reference}: mappings of the body are not emulated.`;
  return `$${reference} is not a valid source of a mapping.`;
}

/** Joins several values with commas. */
function joined(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(',');
}
