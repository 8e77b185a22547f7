import type { Invocation } from '../../engine/gateway-ports.ts';
import type { HttpResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import { isRecord, within } from './authorizer.ts';
import type { Call } from './call.ts';
import type { IntegrationOutcome } from './integration.ts';
import type { Mapped } from './mapping.ts';
import { collect, PayloadTooLargeError } from './payload-limit.ts';
import { integrationEvent } from './request-event.ts';

export interface LambdaIntegration {
  readonly functionReference: string;
  readonly timeoutMs: number;
}

/** Calls a function with the request and turns its result into an answer, payload format 2.0. */
export async function callLambda(
  call: Call,
  mapped: Mapped,
  authorized: boolean,
  { functionReference, timeoutMs }: LambdaIntegration,
  invoke: (functionReference: string, event: unknown) => Promise<Invocation>,
): Promise<IntegrationOutcome> {
  const body = await readBody(call);
  if (body === 'too-large')
    return { kind: 'own', type: 'REQUEST_TOO_LARGE', detail: 'request body over 10 MB' };
  if (body === 'gone') return { kind: 'gone' };
  const event = integrationEvent(call, mapped, body, authorized);
  const result = await within(timeoutMs, invoke(functionReference, event));
  if (!result.ok) {
    // A function that takes too long is a 503 at an HTTP API, unlike an HTTP back end.
    const type = result.late === true ? 'INTEGRATION_FAILURE' : 'API_CONFIGURATION_ERROR';
    return { kind: 'own', type, detail: result.error };
  }
  const answer = toHttpResponse(result.payload);
  return answer === null
    ? { kind: 'own', type: 'API_CONFIGURATION_ERROR', detail: 'The function gave no valid answer.' }
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
 * The answer that a function's result means ("Lambda function response for format 2.0"): with a status code, what it
 * says; without, the result itself as the body of a 200.
 *
 * @returns null for a result that API Gateway answers with a 500.
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
  const { statusCode, headers: given = {}, cookies = [], body = '', isBase64Encoded = false } = payload;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return null;
  if (!isRecord(given) || !Array.isArray(cookies)) return null;
  if (typeof body !== 'string') return null;
  const headers = new HeaderFields();
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string') headers.append(name, value);
    else if (typeof value === 'number' || typeof value === 'boolean') headers.append(name, `${value}`);
  }
  headers.deleteHopByHop();
  headers.delete('content-length');
  for (const cookie of cookies) headers.append('set-cookie', String(cookie));
  if (!headers.has('content-type')) headers.set('content-type', 'text/plain;charset=utf-8');
  return { status, headers, body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8') };
}
