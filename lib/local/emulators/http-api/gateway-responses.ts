import { type HttpResponse, textResponse } from '../../http/exchange.ts';
import type { Call } from './call.ts';

/** The responses that API Gateway itself returns, by their type in access logs. */
const answers = {
  MISSING_ROUTE: [404, 'Not Found'],
  UNAUTHORIZED: [401, 'Unauthorized'],
  ACCESS_DENIED: [403, 'Forbidden'],
  AUTHORIZER_FAILURE: [500, 'Internal Server Error'],
  THROTTLED: [429, 'Too Many Requests'],
  REQUEST_TOO_LARGE: [413, 'Request Entity Too Large'],
  HEADERS_TOO_LARGE: [431, 'Request Header Fields Too Large'],
  INTEGRATION_TIMEOUT: [504, 'Endpoint request timed out'],
  INTEGRATION_FAILURE: [503, 'Service Unavailable'],
  API_CONFIGURATION_ERROR: [500, 'Internal Server Error'],
} as const;

export type GatewayResponse = keyof typeof answers;

/** A response of API Gateway with the body `{"message":"…"}`; records its type for the access log. */
export function gatewayResponse(call: Call, type: GatewayResponse): HttpResponse {
  const [status, message] = answers[type];
  call.outcome.errorMessage = message;
  call.outcome.errorType = type;
  return textResponse(status, 'application/json', JSON.stringify({ message }));
}
