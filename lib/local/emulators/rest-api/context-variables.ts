import type { RestCall } from './call.ts';

type Variable = (call: RestCall) => string | number | undefined;

const none: Variable = () => undefined;

/**
 * `$context` variables of REST APIs ("Variables for data models, authorizers, mapping templates, and CloudWatch access
 * logging"), only those that the templates use. Variables of client certificates never have a value locally.
 */
const variables: Readonly<Record<string, Variable>> = {
  apiId: ({ apiId }) => apiId,
  'authorizer.error': ({ outcome }) => outcome.authorizerError,
  'error.message': ({ outcome }) => outcome.errorMessage,
  'error.messageString': ({ outcome }) =>
    outcome.errorMessage === undefined ? undefined : JSON.stringify(outcome.errorMessage),
  'error.responseType': ({ outcome }) => outcome.errorType,
  'error.validationErrorString': ({ outcome }) => outcome.validationError,
  httpMethod: ({ exchange }) => exchange.method,
  'identity.apiKeyId': ({ apiKeyId }) => apiKeyId,
  'identity.clientCert.subjectDN': none,
  'identity.sourceIp': ({ exchange }) => exchange.peer,
  'identity.userAgent': ({ exchange }) => exchange.headers.get('user-agent'),
  'integration.error': ({ outcome }) => outcome.integrationError,
  'integration.latency': ({ outcome }) => outcome.integrationLatencyMs,
  'integration.status': ({ outcome }) => outcome.integrationStatus,
  path: ({ exchange }) => exchange.path,
  protocol: ({ exchange }) => exchange.protocol,
  requestId: ({ requestId }) => requestId,
  requestTimeEpoch: ({ startedMs }) => startedMs,
  resourcePath: ({ resourcePath }) => resourcePath,
  responseLatency: ({ outcome, startedMs }) =>
    outcome.endedMs === undefined ? undefined : Math.round(outcome.endedMs - startedMs),
  responseLength: ({ outcome }) => outcome.responseBytes,
  stage: ({ stage }) => stage,
  status: ({ outcome }) => outcome.status,
  'waf.status': ({ outcome }) => outcome.firewallStatus,
};

const reference = /\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)/g;

/** @param name without `$context.`. */
export function isContextVariable(name: string): boolean {
  return Object.hasOwn(variables, name);
}

/** @returns undefined when the variable has no value for this call. */
export function contextVariable(call: RestCall, name: string): string | undefined {
  const value = variables[name]?.(call);
  return value === undefined ? undefined : String(value);
}

/** The variables of a text that do not exist in REST APIs or are not emulated. */
export function unknownVariables(text: string): string[] {
  return [...text.matchAll(reference)]
    .map(([, name = '']) => name)
    .filter((name) => !isContextVariable(name));
}

/**
 * Replaces the variables of a text; a variable without a value becomes `-`. Values are escaped as in JSON, so that
 * JSON stays valid.
 */
export function substituteVariables(text: string, call: RestCall): string {
  return text.replaceAll(reference, (_, name: string) => {
    const value = contextVariable(call, name) ?? '-';
    // The value of this variable includes its quotes.
    return name === 'error.messageString' ? value : JSON.stringify(value).slice(1, -1);
  });
}
