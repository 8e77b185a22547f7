import { type HttpResponse, textResponse } from '../../http/exchange.ts';
import type { RestCall } from './call.ts';
import { substituteVariables } from './context-variables.ts';

/** The gateway responses of REST APIs ("Gateway response types") with their default status and message. */
const defaults = {
  ACCESS_DENIED: [403, 'User is not authorized to access this resource'],
  AUTHORIZER_CONFIGURATION_ERROR: [500, 'Internal server error'],
  AUTHORIZER_FAILURE: [500, 'Internal server error'],
  BAD_REQUEST_BODY: [400, 'Invalid request body'],
  BAD_REQUEST_PARAMETERS: [400, 'Missing required request parameters'],
  INTEGRATION_FAILURE: [504, 'Network error communicating with endpoint'],
  INTEGRATION_TIMEOUT: [504, 'Endpoint request timed out'],
  INVALID_API_KEY: [403, 'Forbidden'],
  MISSING_AUTHENTICATION_TOKEN: [403, 'Missing Authentication Token'],
  QUOTA_EXCEEDED: [429, 'Limit Exceeded'],
  REQUEST_TOO_LARGE: [413, 'Request Too Long'],
  THROTTLED: [429, 'Too Many Requests'],
  UNAUTHORIZED: [401, 'Unauthorized'],
  WAF_FILTERED: [403, 'Forbidden'],
} as const;
export type GatewayResponseValue = keyof typeof defaults;

/** Response types that a template may configure but the emulator never returns. */
const others = [
  'API_CONFIGURATION_ERROR',
  'DEFAULT_4XX',
  'DEFAULT_5XX',
  'EXPIRED_TOKEN',
  'INVALID_SIGNATURE',
  'RESOURCE_NOT_FOUND',
  'UNSUPPORTED_MEDIA_TYPE',
];

export const isResponseType = (type: string) => Object.hasOwn(defaults, type) || others.includes(type);

/** The configuration of a response type in a template. */
export interface GatewayResponse {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly template: string | undefined;
}

/**
 * A response of API Gateway; records its type for the access log. A type without a configuration uses headers and template
 * of DEFAULT_4XX or DEFAULT_5XX.
 *
 * @param message replaces the default message of the type.
 */
export function gatewayResponse(
  call: RestCall,
  type: GatewayResponseValue,
  responses: ReadonlyMap<string, GatewayResponse>,
  message: string = defaults[type][1],
): HttpResponse {
  const [status] = defaults[type];
  call.outcome.errorType = type;
  call.outcome.errorMessage = message;
  // AWS ignores the configuration of this type.
  const response =
    type === 'REQUEST_TOO_LARGE'
      ? undefined
      : (responses.get(type) ?? responses.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'));
  const answer = textResponse(
    response?.status ?? status,
    'application/json',
    substituteVariables(response?.template ?? '{"message":$context.error.messageString}', call),
  );
  for (const [name, value] of Object.entries(response?.headers ?? {})) answer.headers.set(name, value);
  answer.headers.set('x-amzn-errortype', `${type}Exception`);
  return answer;
}
