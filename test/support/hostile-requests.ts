import * as fc from 'fast-check';
import {
  escaped,
  hostileBytes,
  hostileEscapes,
  hostileJson,
  hostileText,
  listedTexts,
} from './hostile-values.ts';

/** The part of JSON Schema that the services' documents use. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface DescribedOperation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** The part of an OpenAPI 3.1 document that the generators read. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

/** One operation of a service or of the gateway. */
export interface Operation {
  readonly method: string;
  /** Path with parameters as `{name}`. */
  readonly path: string;
  readonly query: Readonly<Record<string, Schema>>;
  readonly body: Schema | null;
}

/** A request that `fetch` and a Hono app can send. */
export interface HostileRequest {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | null;
}

export function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      query: Object.fromEntries(
        parameters.filter((parameter) => parameter.in === 'query').map(({ name, schema }) => [name, schema]),
      ),
      body: requestBody?.content['application/json']?.schema ?? null,
    })),
  );
}

export interface GeneratorInputs {
  /** Headers of the possible callers. */
  readonly callers: readonly Readonly<Record<string, string>>[];
  /** Ids of existing resources, so that some requests find one. */
  readonly ids: readonly string[];
}

/**
 * Requests to an operation that are valid except in some positions: a path parameter, a query parameter, a
 * cookie or another header, a member of the body at any depth, or the body as a whole.
 */
export function hostileRequests(
  operation: Operation,
  { callers, ids }: GeneratorInputs,
): fc.Arbitrary<HostileRequest> {
  return fc
    .record({
      method: fc.oneof(
        { weight: 9, arbitrary: fc.constant(operation.method) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'),
        },
      ),
      path: pathsOf(operation.path, ids),
      query: queriesOf(operation.query, ids),
      headers: headersOf(callers),
      body: bodiesOf(operation.body),
    })
    .map(({ method, path, query, headers, body }) => ({
      method,
      target: query === '' ? path : `${path}?${query}`,
      headers: headers.filter(isSendable),
      body: method === 'GET' || method === 'HEAD' ? null : body,
    }));
}

/** Requests with each listed text in each parameter of path and query, and in a cursor, one at a time. */
export function listedRequests(
  { method, path, query }: Operation,
  { callers, ids }: GeneratorInputs,
): HostileRequest[] {
  const [caller = {}] = callers;
  const [id = 'x'] = ids;
  const headers = Object.entries(caller);
  const plain = path.replaceAll(/\{\w+\}/g, id);
  const targets = listedTexts.flatMap((text) => [
    ...(path.includes('{') ? [path.replaceAll(/\{\w+\}/g, escaped(text))] : []),
    ...Object.keys(query).map((name) => `${plain}?${name}=${escaped(text)}`),
    ...('cursor' in query ? [`${plain}?cursor=${Buffer.from(text).toString('base64url')}`] : []),
  ]);
  return targets.map((target) => ({ method, target, headers, body: null }));
}

/** Removes characters that HTTP cannot carry. */
function isSendable([name, value]: readonly [string, string]): boolean {
  try {
    new Headers([[name, value]]);
    return true;
  } catch {
    return false;
  }
}

function pathsOf(template: string, ids: readonly string[]): fc.Arbitrary<string> {
  const segments = template
    .split('/')
    .map((segment) =>
      segment.startsWith('{')
        ? fc.oneof(
            { weight: 3, arbitrary: fc.constantFrom(...ids) },
            { weight: 2, arbitrary: hostileEscapes },
          )
        : fc.constant(segment),
    );
  return fc.tuple(...segments).map((parts) => parts.join('/'));
}

const cursors = fc.oneof(
  hostileText.map((text) => Buffer.from(text).toString('base64url')),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
);

function queriesOf(
  parameters: Readonly<Record<string, Schema>>,
  ids: readonly string[],
): fc.Arbitrary<string> {
  const known = Object.entries(parameters).map(([name, schema]) =>
    fc
      .oneof(
        { weight: 3, arbitrary: fc.constant(null) },
        { weight: 2, arbitrary: valuesOf(schema).map((json) => escaped(textOf(json))) },
        { weight: 2, arbitrary: hostileEscapes },
        { weight: 1, arbitrary: fc.constantFrom(...ids) },
        { weight: name === 'cursor' ? 4 : 0, arbitrary: cursors },
      )
      .map((value) => (value === null ? [] : [`${name}=${value}`])),
  );
  const unknown = fc.oneof(
    { weight: 5, arbitrary: fc.constant<string[]>([]) },
    {
      weight: 1,
      arbitrary: fc.tuple(hostileEscapes, hostileEscapes).map(([name, value]) => [`${name}=${value}`]),
    },
  );
  return fc.tuple(...known, unknown).map((parts) => parts.flat().join('&'));
}

/** A string is sent unchanged, any other value as JSON. */
const textOf = (json: string) => (json.startsWith('"') ? (JSON.parse(json) as string) : json);

const headerNames = [
  'idempotency-key',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'if-modified-since',
  'range',
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-type',
  'cookie',
  'prefer',
  'traceparent',
  'tracestate',
  'x-amzn-trace-id',
  'x-http-method-override',
  'x-forwarded-for',
  'x-request-id',
];

function headersOf(callers: GeneratorInputs['callers']): fc.Arbitrary<[string, string][]> {
  const some = fc.array(fc.tuple(fc.constantFrom(...headerNames), hostileText), { maxLength: 3 });
  const type = fc.oneof(
    { weight: 8, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'application/json;;=', ''),
    },
  );
  return fc
    .tuple(fc.constantFrom(...callers), type, some)
    .map(([caller, contentType, more]) => [
      ...Object.entries(caller),
      ['content-type', contentType],
      ...more,
    ]);
}

function bodiesOf(schema: Schema | null): fc.Arbitrary<Uint8Array> {
  const json =
    schema === null
      ? hostileJson
      : fc.oneof({ weight: 3, arbitrary: valuesOf(schema) }, { weight: 1, arbitrary: hostileJson });
  return fc.oneof(
    { weight: 8, arbitrary: json.map((text) => new TextEncoder().encode(text)) },
    { weight: 1, arbitrary: hostileBytes },
  );
}

/** JSON text for a schema, in which some values are hostile and some objects have additional members. */
function valuesOf(schema: Schema): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: validOf(schema) },
    { weight: 1, arbitrary: hostileJson },
    { weight: schema.type === 'string' ? 3 : 0, arbitrary: hostileText.map((text) => JSON.stringify(text)) },
  );
}

function validOf(schema: Schema): fc.Arbitrary<string> {
  if (schema.const !== undefined) return fc.constant(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map((value) => JSON.stringify(value)));
  switch (schema.type) {
    case 'object':
      return objectsOf(schema);
    case 'array': {
      const { items = {}, minItems = 0, maxItems = 3 } = schema;
      return fc
        .array(valuesOf(items), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 2) })
        .map((values) => `[${values.join(',')}]`);
    }
    case 'integer':
    case 'number': {
      const { minimum = -5, maximum = 1_000_000 } = schema;
      return fc
        .oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum))
        .map(String);
    }
    case 'boolean':
      return fc.boolean().map(String);
    case 'string':
      return stringsOf(schema).map((text) => JSON.stringify(text));
    default:
      return hostileJson;
  }
}

function stringsOf({ pattern, minLength = 0, maxLength = 20 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.oneof(
    fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 20) }),
    fc.constant('é'.repeat(maxLength)),
  );
}

function objectsOf({ properties = {}, required = [] }: Schema): fc.Arbitrary<string> {
  const members = Object.entries(properties).map(([name, schema]) =>
    fc
      .tuple(fc.integer({ min: 0, max: 19 }), valuesOf(schema))
      .map(([chance, value]) =>
        chance === 0 || (chance < 10 && !required.includes(name)) ? [] : [`${JSON.stringify(name)}:${value}`],
      ),
  );
  const more = fc.oneof(
    { weight: 12, arbitrary: fc.constant<string[]>([]) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(hostileText, hostileJson)
        .map(([name, value]) => [`${JSON.stringify(name)}:${value}`]),
    },
  );
  return fc.tuple(...members, more).map((parts) => `{${parts.flat().join(',')}}`);
}
