/**
 * One JSON line per call of the partner API, with the field names of the public API's log (`access-log-format.ts`). A REST
 * API logs the API key, but neither its plan nor its remaining quota. Variables: "Variables for access logging for API
 * Gateway"; a variable without a value is written as `-`.
 */
export const partnerAccessLogFields: Readonly<Record<string, string>> = {
  api: 'partner',
  requestId: '$context.requestId',
  timeEpochMs: '$context.requestTimeEpoch',
  route: '$context.httpMethod $context.resourcePath',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  clientId: '$context.identity.apiKeyId',
  edgeAddress: '$context.identity.sourceIp',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integration.latency',
  integrationStatus: '$context.integration.status',
  responseBytes: '$context.responseLength',
  error: '$context.error.message',
  errorType: '$context.error.responseType',
  validationError: '$context.error.validationErrorString',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integration.error',
  firewallStatus: '$context.waf.status',
  certificate: '$context.identity.clientCert.subjectDN',
};
