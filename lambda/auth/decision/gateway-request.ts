import { apiKeyHeader, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';

/**
 * The fields of a call that the decision reads. Every field is present; one that the event lacks is empty.
 */
export interface GatewayRequest {
  /** `METHOD /path/{parameter}`, as the HTTP API matched it. */
  readonly routeKey: string;
  readonly originSecret: string;
  readonly viewerAddress: string;
  readonly authorization: string;
  readonly apiKey: string;
  /** Whether the query carries an `access_token` (RFC 6750 section 2.3). */
  readonly hasTokenInQuery: boolean;
  readonly method: string;
  /** Authority and path as the edge received them: `api.store.example/api/orders`. */
  readonly target: string;
  /** As the HTTP API gives it: decoded once, with the version that the edge added before it. */
  readonly path: string;
  /** As it was sent, without its question mark. */
  readonly query: string;
  /** Of the route's path, decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `name=value`, one each; they are not among the headers. */
  readonly cookies: readonly string[];
}

/**
 * Reads a REQUEST authorizer's event of payload format 2.0, whose header names are in lower case and whose
 * repeated headers are joined by commas
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html). Accepts any
 * value.
 */
export function readRequest(event: unknown): GatewayRequest {
  const root = objectOf(event);
  const headers = objectOf(root['headers']);
  return {
    routeKey: textOf(root['routeKey']),
    originSecret: textOf(headers[requestHeaders.originSecret]),
    viewerAddress: textOf(headers[requestHeaders.viewerAddress]),
    authorization: textOf(headers['authorization']),
    apiKey: textOf(headers[apiKeyHeader]),
    hasTokenInQuery: Object.hasOwn(objectOf(root['queryStringParameters']), 'access_token'),
    method: textOf(objectOf(objectOf(root['requestContext'])['http'])['method']),
    target: textOf(headers[requestHeaders.target]),
    path: textOf(root['rawPath']),
    query: textOf(root['rawQueryString']),
    pathParameters: textsOf(objectOf(root['pathParameters'])),
    headers: textsOf(headers),
    cookies: Array.isArray(root['cookies']) ? root['cookies'].map(textOf) : [],
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** API Gateway sends texts only, so that the values are copied only if one is something else. */
function textsOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return areTexts(values) ? values : Object.fromEntries(Object.entries(values).filter(isText));
}

function areTexts(values: Readonly<Record<string, unknown>>): values is Readonly<Record<string, string>> {
  return Object.values(values).every((value) => typeof value === 'string');
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}
