import type { HttpResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { EdgeRequest } from './edge-request.ts';
import { pairName } from './policy-selection.ts';

/** Parts of the event of CloudFront Functions ("CloudFront Functions event structure", CloudFront guide). */
interface Value {
  readonly value: string;
  readonly multiValue?: readonly { readonly value: string }[];
}
type Values = Readonly<Record<string, Value>>;

export interface RequestObject {
  readonly method: string;
  readonly uri: string;
  readonly querystring: Values;
  readonly headers: Values;
  readonly cookies: Values;
}

export interface ResponseObject {
  readonly statusCode: number;
  readonly statusDescription?: string;
  readonly headers?: Values;
  readonly cookies?: Values;
  readonly body?: string | { readonly encoding: 'text' | 'base64'; readonly data: string };
}

export interface ViewerEvent {
  readonly version: '1.0';
  readonly context: {
    readonly distributionDomainName: string;
    readonly distributionId: string;
    readonly eventType: 'viewer-request' | 'viewer-response';
    readonly requestId: string;
  };
  readonly viewer: { readonly ip: string };
  readonly request: RequestObject;
  readonly response?: ResponseObject;
}

/** Headers that a function can neither read nor set, and headers that it can only read ("Restrictions on edge functions"). */
const hidden =
  /^(connection|expect|keep-alive|proxy-(authenticate|authorization|connection)|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;
const readOnly = new Set(['content-length', 'host', 'transfer-encoding', 'via']);

export function requestObject(request: EdgeRequest): RequestObject {
  const { method, path, query, headers } = request;
  const cookies = headers.all('cookie').flatMap((line) => line.split(/;\s*/));
  return {
    method,
    uri: path,
    querystring: grouped(query === '' ? [] : query.split('&')),
    headers: headerValues(headers, (name) => name !== 'cookie'),
    cookies: grouped(cookies.filter((cookie) => cookie !== '')),
  };
}

export function responseObject({ status, headers }: HttpResponse): ResponseObject {
  return { statusCode: status, headers: headerValues(headers, (name) => name !== 'set-cookie') };
}

/**
 * The request that a viewer-request function returned. Unchanged parts stay exactly as the viewer sent them.
 *
 * @returns an error message when CloudFront would refuse the change.
 */
export function applyRequestChanges(before: EdgeRequest, given: RequestObject): EdgeRequest | string {
  if (typeof given.uri !== 'string' || !given.uri.startsWith('/')) return 'request.uri is not a path.';
  const original = requestObject(before);
  const headers = changedHeaders(before.headers, original.headers, given.headers ?? {}, 'cookie');
  if (typeof headers === 'string') return headers;
  if (!same(original.cookies, given.cookies)) {
    headers.delete('cookie');
    const cookies = pairsOf(given.cookies ?? {});
    if (cookies.length > 0) headers.set('cookie', cookies.join('; '));
  }
  const query = same(original.querystring, given.querystring)
    ? before.query
    : pairsOf(given.querystring ?? {}).join('&');
  return { ...before, path: given.uri, query, headers };
}

/** The response that a viewer-response function returned; an error message when CloudFront would refuse it. */
export function applyResponseChanges(before: HttpResponse, given: ResponseObject): HttpResponse | string {
  const original = responseObject(before);
  const headers = changedHeaders(before.headers, original.headers ?? {}, given.headers ?? {}, 'set-cookie');
  return typeof headers === 'string' ? headers : { ...before, status: given.statusCode, headers };
}

/** The response that a viewer-request function generated; an error message when CloudFront would refuse it. */
export function generatedResponse(given: ResponseObject): HttpResponse | string {
  const { statusCode, body = '' } = given;
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599)
    return 'statusCode is not a valid status code.';
  const headers = changedHeaders(new HeaderFields(), {}, given.headers ?? {}, 'set-cookie');
  if (typeof headers === 'string') return headers;
  for (const [name, { value }] of Object.entries(given.cookies ?? {}))
    headers.append('set-cookie', `${name}=${value}`);
  const text = typeof body === 'string' ? { encoding: 'text' as const, data: body } : body;
  return {
    status: statusCode,
    headers,
    body: Buffer.from(text.data, text.encoding === 'base64' ? 'base64' : 'utf8'),
  };
}

function changedHeaders(
  before: HeaderFields,
  original: Values,
  given: Values,
  apart: 'cookie' | 'set-cookie',
): HeaderFields | string {
  const after = before.copy();
  for (const name of Object.keys(original)) {
    if (name in given) continue;
    if (readOnly.has(name)) return `A function may not remove the header ${name}.`;
    after.delete(name);
  }
  for (const [name, value] of Object.entries(given)) {
    if (name !== name.toLowerCase()) return `The header ${name} is not in lower case.`;
    if (same(original[name], value)) continue;
    if (hidden.test(name) || readOnly.has(name) || name === apart)
      return `A function may not set the header ${name}.`;
    after.delete(name);
    for (const line of value.multiValue ?? [value]) {
      if (typeof line.value !== 'string') return `The header ${name} is not a string.`;
      after.append(name, line.value);
    }
  }
  return after;
}

function headerValues(headers: HeaderFields, shown: (name: string) => boolean): Values {
  return Object.fromEntries(
    headers
      .names()
      .filter((name) => shown(name) && !hidden.test(name))
      .map((name) => [name, eventValue(headers.all(name))]),
  );
}

function grouped(pairs: readonly string[]): Values {
  const byName = new Map<string, string[]>();
  for (const pair of pairs) {
    const name = pairName(pair);
    byName.set(name, [...(byName.get(name) ?? []), pair.slice(name.length + 1)]);
  }
  return Object.fromEntries([...byName].map(([name, values]) => [name, eventValue(values)]));
}

function eventValue(values: readonly string[]): Value {
  const [value = ''] = values;
  return values.length === 1 ? { value } : { value, multiValue: values.map((one) => ({ value: one })) };
}

function pairsOf(values: Values): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    (value.multiValue ?? [value]).map((one) => (one.value === '' ? name : `${name}=${one.value}`)),
  );
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
