import { isRecord } from '../../../common/is-record.ts';
import type { Invocation } from '../../engine/gateway-ports.ts';
import type { Call } from './call.ts';
import type { GatewayResponse } from './gateway-responses.ts';
import type { MappingSource } from './mapping-source.ts';
import { authorizerEvent } from './request-event.ts';

export interface Authorizer {
  /** The reference to the function in the template. */
  readonly functionReference: string;
  readonly identitySources: readonly MappingSource[];
}

/** "Timeout for Lambda authorizer response" (quotas for HTTP APIs). */
const authorizerTimeoutMs = 10_000;

/**
 * Invokes the function of an authorizer (simple responses, payload format 2.0, no caching).
 *
 * @returns the type of the refusal; null when the request is allowed: the call then holds the authorizer's context.
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
    return failed(call, 'The authorizer did not return a simple response with a boolean isAuthorized.');
  }
  if (!payload['isAuthorized']) return 'ACCESS_DENIED';
  call.authorizer = isRecord(payload['context']) ? contextStrings(payload['context']) : {};
  return null;
}

function failed(call: Call, error: string): GatewayResponse {
  call.outcome.authorizerError = error;
  return 'AUTHORIZER_FAILURE';
}

/** Converts context values to strings: lists and maps become JSON, null is left out. */
function contextStrings(context: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(context)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

/** The result of an invocation; a failure after the timeout. */
export async function within(timeoutMs: number, invocation: Promise<Invocation>): Promise<Invocation> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Invocation>((resolve) => {
    timer = setTimeout(
      () => resolve({ ok: false, error: `The function did not respond within ${timeoutMs} ms.`, late: true }),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([invocation, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
