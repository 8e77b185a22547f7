import type { Check } from './check.ts';
import { dataChecks } from './data-checks.ts';
import type { AwsPorts } from './deployment.ts';
import { edgeChecks } from './edge-checks.ts';
import { edgeResourceChecks } from './edge-resource-checks.ts';
import { eventChecks } from './event-checks.ts';
import type { HttpPorts } from './http-port.ts';
import { observabilityChecks } from './observability-checks.ts';
import { partnerChecks } from './partner-checks.ts';
import { publicChecks } from './public-checks.ts';
import { requestPathChecks } from './request-path-checks.ts';

/** By request. The one that uses up the limit of anonymous callers is the last of the public API's. */
export const httpChecks: readonly Check<HttpPorts>[] = [...edgeChecks, ...partnerChecks, ...publicChecks];

/** By AWS's APIs. */
export const awsChecks: readonly Check<AwsPorts>[] = [
  ...requestPathChecks,
  ...edgeResourceChecks,
  ...eventChecks,
  ...dataChecks,
  ...observabilityChecks,
];
