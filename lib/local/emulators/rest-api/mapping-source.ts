import type { RestCall } from './call.ts';
import { contextVariable, isContextVariable } from './context-variables.ts';

/** Undefined when what it refers to has no value for this call. */
export type MappingSource = (call: RestCall) => string | undefined;

/**
 * Compiles a value of an integration's request parameters: a text in quotes, `context.…`, or a parameter of the method
 * ("Parameter mapping source reference for REST APIs").
 *
 * @param declared the method's own request parameters: only these may be referred to.
 * @returns what is wrong with it, as text.
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
      : `context.${variable} is no variable that is emulated.`;
  }
  const [, place, name = ''] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(source) ?? [];
  if (place === undefined) return `${source} is no value that a mapping can take.`;
  if (!(source in declared)) return `${source} is no request parameter of the method.`;
  return (call) => parameterOf(call, place, name);
}

/** A parameter of the request; an empty one counts as missing. */
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
