import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { serviceMetrics } from '../observability/service-level-metrics.ts';

/**
 * The alarm by which a deployment knows that its new tasks are bad: it stops there, and the old ones take over again.
 * The service's group of alarms tells it, once with all others. It measures the load balancer's view of the service, not
 * the ECS service, which needs the alarm's name before it exists.
 */
export function deploymentAlarm(
  scope: Construct,
  alarmName: string,
  targetGroups: readonly ApplicationTargetGroup[],
): Alarm {
  return new Alarm(scope, 'ServiceServerErrors', {
    alarmName,
    alarmDescription:
      'More than 5 % of at least 20 requests a minute ended in 5xx of the tasks. A deployment under way is rolled ' +
      'back. Runbook: docs/runbooks/services/ServiceServerErrors.md',
    metric: serviceMetrics({ targetGroups }).serverErrorPercent,
    threshold: 5,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 2,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}
