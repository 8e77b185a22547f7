import { isRecord } from '../../../common/is-record.ts';
import type { Invocation } from '../../engine/gateway-ports.ts';
import type { HttpResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import { within } from './authorizer.ts';
import type { Call } from './call.ts';
import type { IntegrationOutcome, LambdaTarget } from './integration.ts';
import type { Mapped } from './mapping.ts';
import { collect, PayloadTooLargeError } from './payload-limit.ts';
import { integrationEvent } from './request-event.ts';

/** A request to a function. */
interface LambdaRequest {
  readonly mapped: Mapped;
  /** Whether an authorizer allowed the request. */
  readonly authorized: boolean;
  readonly target: LambdaTarget;
}

/** Invokes the function of a route and reads its response, payload format 2.0. */
export async function callLambda(
  call: Call,
  { mapped, authorized, target: { functionReference, timeoutMs } }: LambdaRequest,
  invoke: (functionReference: string, event: unknown) => Promise<Invocation>,
): Promise<IntegrationOutcome> {
  const body = await readBody(call);
  if (body === 'too-large')
    return { kind: 'own', type: 'REQUEST_TOO_LARGE', detail: 'The request body is over 10 MB.' };
  if (body === 'gone') return { kind: 'gone' };
  const event = integrationEvent(call, mapped, body, authorized);
  const result = await within(timeoutMs, invoke(functionReference, event));
  if (!result.ok) {
    // A function timeout is a 503 at an HTTP API, unlike the timeout of an HTTP back end.
    const type = result.late === true ? 'INTEGRATION_FAILURE' : 'API_CONFIGURATION_ERROR';
    return { kind: 'own', type, detail: result.error };
  }
  const answer = toHttpResponse(result.payload);
  return answer === null
    ? { kind: 'own', type: 'API_CONFIGURATION_ERROR', detail: 'The function returned an invalid response.' }
    : { kind: 'answered', answer };
}

async function readBody({ exchange, outcome }: Call): Promise<Buffer | null | 'too-large' | 'gone'> {
  if (!exchange.hasBody) return null;
  try {
    const body = await collect(exchange.body());
    outcome.requestBytes = body.length;
    return body;
  } catch (error) {
    return error instanceof PayloadTooLargeError ? 'too-large' : 'gone';
  }
}

/**
 * Reads the result of a function ("Lambda function response for format 2.0"): a response with a status code, or any
 * other value as the body of a 200.
 *
 * @returns null for an invalid response, which is a 500 at API Gateway.
 */
export function toHttpResponse(payload: unknown): HttpResponse | null {
  if (!isRecord(payload) || payload['statusCode'] === undefined) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload ?? null);
    return {
      status: 200,
      headers: HeaderFields.of({ 'content-type': 'application/json' }),
      body: Buffer.from(body),
    };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = payload;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return null;
  if (!isRecord(headers) || !Array.isArray(cookies) || typeof body !== 'string') return null;
  return {
    status,
    headers: headersOf(headers, cookies),
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function headersOf(fields: Readonly<Record<string, unknown>>, cookies: readonly unknown[]): HeaderFields {
  const headers = new HeaderFields();
  for (const [name, value] of Object.entries(fields)) {
    if (['string', 'number', 'boolean'].includes(typeof value)) headers.append(name, String(value));
  }
  headers.deleteHopByHop();
  headers.delete('content-length');
  for (const cookie of cookies) headers.append('set-cookie', String(cookie));
  if (!headers.has('content-type')) headers.set('content-type', 'text/plain;charset=utf-8');
  return headers;
}
