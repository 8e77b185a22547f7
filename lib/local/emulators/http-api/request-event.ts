import { type Call, decodedPath, domainOf } from './call.ts';
import { commonLogTime } from './context-variables.ts';
import type { Mapped } from './mapping.ts';

/** The fields that authorizer and integration events share, payload format 2.0. Fields without a value are omitted. */
function commonEvent(call: Call, headers: Call['exchange']['headers'], query: string) {
  const { api, exchange } = call;
  const cookies = headers.all('cookie').flatMap((line) => line.split(';').map((pair) => pair.trim()));
  const queryStringParameters = combined([...new URLSearchParams(query)]);
  const domain = domainOf(call);
  return {
    version: '2.0',
    routeKey: call.routeKey,
    rawPath: decodedPath(call),
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: Object.fromEntries(
      headers
        .names()
        .filter((name) => name !== 'cookie')
        .map((name) => [name, headers.all(name).join(',')]),
    ),
    ...(Object.keys(queryStringParameters).length === 0 ? {} : { queryStringParameters }),
    requestContext: {
      accountId: api.accountId,
      apiId: api.apiId,
      domainName: domain.name,
      domainPrefix: domain.prefix,
      http: {
        method: exchange.method,
        path: decodedPath(call),
        protocol: exchange.protocol,
        sourceIp: exchange.peer,
        userAgent: exchange.headers.get('user-agent') ?? '',
      },
      requestId: call.requestId,
      routeKey: call.routeKey,
      stage: api.stage,
      time: commonLogTime(call.startedMs),
      timeEpoch: call.startedMs,
    },
    ...(Object.keys(call.pathParameters).length === 0 ? {} : { pathParameters: call.pathParameters }),
    ...(Object.keys(api.stageVariables).length === 0 ? {} : { stageVariables: api.stageVariables }),
  };
}

/** Joins repeated parameters with commas. */
function combined(pairs: readonly [string, string][]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of pairs) values[name] = name in values ? `${values[name]},${value}` : value;
  return values;
}

/** The event of a REQUEST authorizer ("Authorizer payload format", API Gateway guide). */
export function authorizerEvent(call: Call, identitySource: readonly string[]) {
  const { api, exchange } = call;
  const path = decodedPath(call);
  const event = commonEvent(call, exchange.headers, exchange.query);
  return {
    ...event,
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:${api.region}:${api.accountId}:${api.apiId}/${api.stage}/${exchange.method}${path}`,
    identitySource,
  };
}

/** The event of a function behind a route ("Lambda function input for payload format 2.0"). */
export function integrationEvent(call: Call, mapped: Mapped, body: Buffer | null, authorized: boolean) {
  const event = commonEvent(call, mapped.headers, mapped.query);
  const isText = isTextType(mapped.headers.get('content-type')) && !mapped.headers.has('content-encoding');
  return {
    ...event,
    requestContext: {
      ...event.requestContext,
      ...(authorized ? { authorizer: { lambda: call.authorizer } } : {}),
    },
    ...(body === null ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body !== null && !isText,
  };
}

/** Whether an HTTP API passes a body of this media type as text. */
function isTextType(contentType: string | undefined): boolean {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return (
    type.startsWith('text/') ||
    type === 'application/json' ||
    type === 'application/javascript' ||
    type === 'application/xml' ||
    type.endsWith('+json') ||
    type.endsWith('+xml')
  );
}
