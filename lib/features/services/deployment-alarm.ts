import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { alarmDescription, physicalAlarmName } from '../observability/alarm-text.ts';
import { serviceMetrics } from './service-metrics.ts';

/**
 * Server-error alarm of a deployment of a service. ECS stops the deployment and rolls it back when the alarm is raised.
 * The service's alarm group sends the notification. The alarm reads the load balancer's metrics and not the ECS
 * service's, because the ECS service needs the alarm's name before it exists.
 *
 * @param deployment name of the deployment: `order` or `order-canary`.
 */
export function deploymentAlarm(
  scope: Construct,
  deployment: string,
  targetGroups: readonly ApplicationTargetGroup[],
): { readonly alarm: Alarm; readonly alarmName: string } {
  const name = `ServiceServerErrors-${deployment}`;
  const alarmName = physicalAlarmName(scope, name);
  const alarm = new Alarm(scope, 'ServiceServerErrors', {
    alarmName,
    alarmDescription: alarmDescription(scope, {
      name,
      description:
        `More than 5 % of the requests to "${deployment}" end in 5xx from its tasks (at least 20 requests a minute). ` +
        'Callers see errors on its routes. ECS rolls back a deployment in progress.',
      runbook: 'services/ServiceServerErrors',
      firstLook: `logs ${deployment} --since 15m --filter '{ $.level = "error" }'`,
    }),
    metric: serviceMetrics({ targetGroups }).serverErrorPercent,
    threshold: 5,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 2,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  return { alarm, alarmName };
}
