import { type Call, decodedPath, domainOf } from './call.ts';

type Variable = (call: Call) => string | number | undefined;

const none: Variable = () => undefined;
const latency: Variable = ({ outcome }) => outcome.integrationLatencyMs;
const integrationError: Variable = ({ outcome }) => outcome.integrationError;

/**
 * `$context` variables of HTTP APIs ("Customizing HTTP API access logs", API Gateway guide). The variables of IAM, Cognito,
 * mutual TLS and custom domains never have a value here.
 */
const variables: Readonly<Record<string, Variable>> = {
  accountId: ({ api }) => api.accountId,
  apiId: ({ api }) => api.apiId,
  'authorizer.error': ({ outcome }) => outcome.authorizerError,
  awsEndpointRequestId: none,
  awsEndpointRequestId2: none,
  'customDomain.basePathMatched': none,
  dataProcessed: ({ outcome }) => (outcome.requestBytes ?? 0) + (outcome.responseBytes ?? 0),
  domainName: (call) => domainOf(call).name,
  domainPrefix: (call) => domainOf(call).prefix,
  'error.message': ({ outcome }) => outcome.errorMessage,
  'error.messageString': ({ outcome }) =>
    outcome.errorMessage === undefined ? undefined : JSON.stringify(outcome.errorMessage),
  'error.responseType': ({ outcome }) => outcome.errorType,
  extendedRequestId: ({ requestId }) => requestId,
  httpMethod: ({ exchange }) => exchange.method,
  'identity.accountId': none,
  'identity.caller': none,
  'identity.cognitoAuthenticationProvider': none,
  'identity.cognitoAuthenticationType': none,
  'identity.cognitoIdentityId': none,
  'identity.cognitoIdentityPoolId': none,
  'identity.principalOrgId': none,
  'identity.clientCert.clientCertPem': none,
  'identity.clientCert.subjectDN': none,
  'identity.clientCert.issuerDN': none,
  'identity.clientCert.serialNumber': none,
  'identity.clientCert.validity.notBefore': none,
  'identity.clientCert.validity.notAfter': none,
  'identity.sourceIp': ({ exchange }) => exchange.peer,
  'identity.user': none,
  'identity.userAgent': ({ exchange }) => exchange.headers.get('user-agent'),
  'identity.userArn': none,
  'integration.error': integrationError,
  'integration.integrationStatus': ({ outcome }) => outcome.integrationStatus,
  'integration.latency': latency,
  'integration.requestId': none,
  'integration.status': ({ outcome }) => outcome.integrationStatus,
  integrationErrorMessage: integrationError,
  integrationLatency: latency,
  integrationStatus: ({ outcome }) => outcome.integrationStatus,
  path: decodedPath,
  protocol: ({ exchange }) => exchange.protocol,
  requestId: ({ requestId }) => requestId,
  requestTime: ({ startedMs }) => commonLogTime(startedMs),
  requestTimeEpoch: ({ startedMs }) => startedMs,
  responseLatency: ({ outcome, startedMs }) =>
    outcome.endedMs === undefined ? undefined : Math.round(outcome.endedMs - startedMs),
  responseLength: ({ outcome }) => outcome.responseBytes,
  routeKey: ({ routeKey }) => routeKey,
  stage: ({ api }) => api.stage,
  status: ({ outcome }) => outcome.status,
};

/** @param name without `$context.`. */
export function isContextVariable(name: string): boolean {
  return Object.hasOwn(variables, name) || /^authorizer\.[A-Za-z0-9_]+$/.test(name);
}

/** @param name a context variable, without `$context.`. @returns undefined when the variable has no value for this call. */
export function contextVariable(call: Call, name: string): string | undefined {
  const known = variables[name];
  const value = known === undefined ? call.authorizer[name.slice('authorizer.'.length)] : known(call);
  return value === undefined ? undefined : String(value);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time in the Common Log Format: `12/Mar/2020:19:03:58 +0000`. */
export function commonLogTime(epochMs: number): string {
  const [year = '', month = '', rest = ''] = new Date(epochMs).toISOString().split('-');
  return `${rest.slice(0, 2)}/${months[Number(month) - 1]}/${year}:${rest.slice(3, 11)} +0000`;
}
