import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { decisions as decisionNames } from '../../../runtime/contracts/gateway-contract.ts';
import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { DecisionMetrics } from './decision-metrics.ts';

/**
 * Dashboard rows of the authorizer: decisions, runtime policy, limits.
 *
 * @param planDrift number of usage plans of the partner API that differ from the plans in force
 * @param limits names of all limits
 */
export function decisionDashboardRows(
  metrics: DecisionMetrics,
  planDrift: IMetric,
  limits: readonly string[],
): Row[] {
  return [
    row(
      graph(
        'Decisions',
        decisionNames.map((name) => metrics.decisions(name)),
      ),
      graph('Decisions: limit store and quota recovery', [
        metrics.storeFailures,
        metrics.storeTimeouts,
        metrics.failOpen,
        metrics.quotasRebuilt,
        metrics.quotaRebuildFailures,
      ]),
      graph('Runtime policy: rejected, poll failures, plan drift', [
        metrics.policiesRefused,
        metrics.policyPollFailures,
        planDrift,
      ]),
    ),
    row(
      graph('Limits: over 80 % used', limits.map(metrics.nearLimit)),
      graph('Limits: exceeded', limits.map(metrics.overLimit)),
      graph('Limits in shadow mode: exceeded', limits.map(metrics.shadowOverLimit)),
    ),
  ];
}
