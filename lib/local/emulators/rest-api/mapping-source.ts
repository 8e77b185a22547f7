import type { RestCall } from './call.ts';
import { contextVariable, isContextVariable } from './context-variables.ts';

/** The source of a mapping; it returns undefined when it has no value for the call. */
export type MappingSource = (call: RestCall) => string | undefined;

/**
 * Compiles the source of an integration request parameter: a text in quotes, `context.…`, or a parameter of the method
 * ("Parameter mapping source reference for REST APIs").
 *
 * @param declared the request parameters of the method; a source may refer only to these.
 * @returns an error message for an invalid source.
 */
export function compileSource(
  source: string,
  declared: Readonly<Record<string, boolean>>,
): MappingSource | string {
  const [, text] = /^'(.*)'$/.exec(source) ?? [];
  if (text !== undefined) return () => text;
  const [, variable] = /^context\.(.+)$/.exec(source) ?? [];
  if (variable !== undefined) {
    return isContextVariable(variable)
      ? (call) => contextVariable(call, variable)
      : `context.${variable} is not an emulated variable.`;
  }
  const [, place, name = ''] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(source) ?? [];
  if (place === undefined) return `${source} is not a valid source of a mapping.`;
  if (!(source in declared)) return `${source} is not a request parameter of the method.`;
  return (call) => parameterOf(call, place, name);
}

/** The value of a request parameter; an empty value counts as missing. */
export function parameterOf(
  { exchange, pathParameters }: RestCall,
  place: string,
  name: string,
): string | undefined {
  const value =
    place === 'header'
      ? exchange.headers.get(name)
      : place === 'path'
        ? pathParameters[name]
        : (new URLSearchParams(exchange.query).get(name) ?? undefined);
  return value === '' ? undefined : value;
}
