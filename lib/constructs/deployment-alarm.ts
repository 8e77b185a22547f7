import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { type ApplicationTargetGroup, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

/** Fewer requests in a minute tell nothing of a release. */
const minRequestsPerMinute = 20;

/**
 * The alarm by which a deployment knows that its new tasks are bad: it stops there, and the old ones take over again.
 * Nobody is called for it; the deployment hears it. It measures the load balancer's view of the service, not the ECS
 * service, which needs the alarm's name before it exists.
 */
export function deploymentAlarm(
  scope: Construct,
  alarmName: string,
  targetGroups: readonly ApplicationTargetGroup[],
): Alarm {
  const options = { period: Duration.minutes(1) };
  const usingMetrics = Object.fromEntries(
    targetGroups.flatMap(({ metrics }, index) => [
      [`requests${index}`, metrics.requestCount(options)],
      [`errors${index}`, metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, options)],
    ]),
  );
  const sum = (name: string) => `(${targetGroups.map((_, index) => `FILL(${name}${index}, 0)`).join(' + ')})`;
  return new Alarm(scope, 'ReleaseErrors', {
    alarmName,
    alarmDescription:
      'More than 5 % of at least 20 requests a minute ended in 5xx of the tasks. A deployment under way is rolled ' +
      'back. Runbook: docs/runbooks/release-errors.md',
    metric: new MathExpression({
      ...options,
      label: '5xx percent',
      expression: `IF(${sum('requests')} >= ${minRequestsPerMinute}, 100 * ${sum('errors')} / ${sum('requests')}, 0)`,
      usingMetrics,
    }),
    threshold: 5,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 2,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}
