import type { MetricName } from '../../../lambda/auth/contract.ts';
import type { DecisionName } from '../../../runtime/contracts/gateway-contract.ts';
import { gatewayMetric } from '../observability/gateway-metric.ts';

/** Metrics that the authorizer writes to its log, beyond status codes: sums per minute. */
export function decisionMetrics(environment: string) {
  const metric = (metricName: MetricName, label: string, dimensions: Readonly<Record<string, string>> = {}) =>
    gatewayMetric(environment, metricName, { label, dimensions });
  return {
    decisions: (decision: DecisionName) => metric('Decisions', decision, { decision }),
    nearLimit: (limit: string) => metric('NearLimit', limit, { limit }),
    overLimit: (limit: string) => metric('OverLimit', limit, { limit }),
    shadowOverLimit: (limit: string) => metric('ShadowOverLimit', limit, { shadowLimit: limit }),
    storeFailures: metric('LimitStoreFailures', 'limit store failures'),
    storeTimeouts: metric('LimitStoreTimeouts', 'limit store timeouts'),
    failOpen: metric('FailOpen', 'local limits'),
    quotasRebuilt: metric('QuotasRebuilt', 'quotas rebuilt'),
    quotaRebuildFailures: metric('QuotaRebuildFailures', 'quotas not rebuilt'),
    policiesRefused: metric('RuntimePoliciesRejected', 'runtime policies rejected'),
    policyPollFailures: metric('RuntimePolicyPollFailures', 'runtime policy poll failures'),
  };
}
export type DecisionMetrics = ReturnType<typeof decisionMetrics>;
