import { requestHeaders } from '../shared/contract.ts';

/** What the decision reads of a call. Every field is there; what the event lacks is an empty text. */
export interface GatewayRequest {
  /** `METHOD /path/{parameter}`, as the HTTP API matched it. */
  readonly routeKey: string;
  readonly originSecret: string;
  readonly viewerAddress: string;
  readonly authorization: string;
  /** Whether the query carries an `access_token` (RFC 6750 section 2.3). */
  readonly hasTokenInQuery: boolean;
}

/**
 * Reads a REQUEST authorizer's event of payload format 2.0, whose header names are in lower case and whose repeated
 * headers are joined by commas
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html). Takes anything.
 */
export function readRequest(event: unknown): GatewayRequest {
  const root = objectOf(event);
  const headers = objectOf(root['headers']);
  return {
    routeKey: textOf(root['routeKey']),
    originSecret: textOf(headers[requestHeaders.originSecret]),
    viewerAddress: textOf(headers[requestHeaders.viewerAddress]),
    authorization: textOf(headers['authorization']),
    hasTokenInQuery: Object.hasOwn(objectOf(root['queryStringParameters']), 'access_token'),
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
