/** A request as a Lambda integration receives it. Values that the event lacks are empty. */
export interface HttpRequest {
  readonly routeKey: string;
  readonly method: string;
  /** As in the event, without the query. */
  readonly path: string;
  /** Without the question mark, encoded as the caller sent it. */
  readonly query: string;
  /** Decoded values of the route's parameters. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** By lower-case name; values of a repeated header are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly requestId: string;
  /** The authorizer's context; empty when the route has no authorizer. */
  readonly decision: Readonly<Record<string, string>>;
}

/** An answer of payload format 2.0. */
export interface HttpResponse {
  readonly statusCode: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** One `Set-Cookie` header each. */
  readonly cookies?: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/**
 * Reads the event of an HTTP API's Lambda integration, payload format 2.0
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 * Accepts any value.
 */
export function readHttpRequest(event: unknown): HttpRequest {
  const root = objectOf(event);
  const context = objectOf(root['requestContext']);
  const encoding = root['isBase64Encoded'] === true ? 'base64' : 'utf8';
  return {
    routeKey: textOf(root['routeKey']),
    method: textOf(objectOf(context['http'])['method']),
    path: textOf(root['rawPath']),
    query: textOf(root['rawQueryString']),
    pathParameters: textsOf(root['pathParameters']),
    headers: textsOf(root['headers']),
    body: Buffer.from(textOf(root['body']), encoding),
    requestId: textOf(context['requestId']),
    decision: textsOf(objectOf(context['authorizer'])['lambda']),
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
