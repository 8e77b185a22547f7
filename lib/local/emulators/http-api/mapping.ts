import type { HeaderFields } from '../../http/header-fields.ts';
import { compileSource, type MappingScope, type MappingSource } from './mapping-source.ts';

/** The request to the integration, or the response to the client, that mappings change. */
export interface Mapped {
  readonly headers: HeaderFields;
  path: string;
  /** Raw, without the question mark. */
  query: string;
  status: number;
}

export interface Mapping {
  /** The destination in the template, for messages. */
  readonly destination: string;
  readonly source: MappingSource;
  readonly apply: (mapped: Mapped, value: string) => void;
}

/** Headers that mappings may not change ("Reserved headers", API Gateway guide), in lower case. */
const reserved = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-location',
  'forwarded',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailers',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);
const reservedPrefixes = ['access-control-', 'apigw-', 'x-amz-', 'x-amzn-'];

/**
 * Compiles one mapping.
 *
 * @param destination `overwrite:header.x-a`, `append:querystring.a`, `overwrite:path`, `overwrite:statuscode`, …
 * @returns an error message for an invalid mapping.
 */
export function compileMapping(
  destination: string,
  source: string,
  side: 'request' | 'response',
): Mapping | string {
  const apply = compileDestination(destination, side);
  if (typeof apply === 'string') return apply;
  if (destination.startsWith('remove:')) return { destination, source: () => '', apply };
  const compiled = compileSource(source);
  if (typeof compiled === 'string') return compiled;
  if (side === 'request' && /\$\{?\$?response\./.test(source))
    return `${source} has no value in a request mapping.`;
  return { destination, source: compiled, apply };
}

function compileDestination(destination: string, side: 'request' | 'response'): Mapping['apply'] | string {
  if (destination === 'overwrite:path' && side === 'request') {
    return (mapped, value) => {
      mapped.path = value;
    };
  }
  if (destination === 'overwrite:statuscode' && side === 'response') {
    return (mapped, value) => {
      mapped.status = Number(value);
    };
  }
  const [, action, place, name = ''] =
    /^(append|overwrite|remove):(header|querystring)\.(.+)$/.exec(destination) ?? [];
  if (place === 'header') {
    const lower = name.toLowerCase();
    if (reserved.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix))) {
      return `${destination}: API Gateway reserves this header and refuses the mapping.`;
    }
    return ({ headers }, value) => {
      if (action === 'append') headers.append(name, value);
      else if (action === 'overwrite') headers.set(name, value);
      else headers.delete(name);
    };
  }
  if (place === 'querystring' && side === 'request') {
    return (mapped, value) => {
      const kept =
        action === 'append'
          ? pairsOf(mapped.query)
          : pairsOf(mapped.query).filter((pair) => nameOf(pair) !== name);
      const added = action === 'remove' ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`];
      mapped.query = [...kept, ...added].join('&');
    };
  }
  return `${destination} is not a valid destination of a ${side} mapping.`;
}

/**
 * Applies mappings in order, after it has read all sources. It skips a mapping whose source has no value: AWS does not
 * document this case, and a missing header is the worst outcome.
 *
 * @param missing receives the destination of each skipped mapping.
 */
export function applyMappings(
  mappings: readonly Mapping[],
  mapped: Mapped,
  scope: MappingScope,
  missing: (destination: string) => void,
): void {
  const values = mappings.map(({ source }) => source(scope));
  for (const [index, { destination, apply }] of mappings.entries()) {
    const value = values[index];
    if (value === undefined) missing(destination);
    else apply(mapped, value);
  }
}

const pairsOf = (query: string): string[] => (query === '' ? [] : query.split('&'));

function nameOf(pair: string): string {
  const name = pair.split('=', 1)[0] ?? '';
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
