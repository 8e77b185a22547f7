import type { Invocation } from '../../engine/gateway-ports.ts';
import type { Call } from './call.ts';
import type { GatewayResponse } from './gateway-responses.ts';
import type { MappingSource } from './mapping-source.ts';
import { authorizerEvent } from './request-event.ts';

export interface Authorizer {
  /** What names the function in the template. */
  readonly functionReference: string;
  readonly identitySources: readonly MappingSource[];
}

/** "Timeout for Lambda authorizer response" (quotas for HTTP APIs). */
const authorizerTimeoutMs = 10_000;

/**
 * Asks the function behind an authorizer, simple responses of payload format 2.0, nothing remembered.
 *
 * @returns the answer to refuse with, or null when the call may go on; its context is then in the call.
 */
export async function authorize(
  call: Call,
  { functionReference, identitySources }: Authorizer,
  invoke: (functionReference: string, event: unknown) => Promise<Invocation>,
): Promise<GatewayResponse | null> {
  const identity = identitySources.map((source) => source({ call }));
  if (identity.some((value) => value === undefined || value === '')) return 'UNAUTHORIZED';
  const event = authorizerEvent(
    call,
    identity.filter((value) => value !== undefined),
  );
  const result = await within(authorizerTimeoutMs, invoke(functionReference, event));
  if (!result.ok) return failed(call, result.error);
  const { payload } = result;
  if (!isRecord(payload) || typeof payload['isAuthorized'] !== 'boolean') {
    return failed(call, 'The authorizer gave no simple response with a boolean isAuthorized.');
  }
  if (!payload['isAuthorized']) return 'ACCESS_DENIED';
  call.authorizer = isRecord(payload['context']) ? asText(payload['context']) : {};
  return null;
}

function failed(call: Call, error: string): GatewayResponse {
  call.outcome.authorizerError = error;
  return 'AUTHORIZER_FAILURE';
}

/** Numbers and booleans become text, lists and maps JSON; null is no value. */
function asText(context: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(context)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

/** The invocation's result, or a failure once the time is over. */
export async function within(timeoutMs: number, invocation: Promise<Invocation>): Promise<Invocation> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Invocation>((resolve) => {
    timer = setTimeout(
      () => resolve({ ok: false, error: `No answer within ${timeoutMs} ms.`, late: true }),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([invocation, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
