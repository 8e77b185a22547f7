import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';

/** Alarm on the Lambda concurrency of the account in the region. */
export class AccountConcurrencyAlarm extends GatewayAlarm {
  constructor(scope: Construct, id: string, topic: ITopic) {
    super(scope, id, {
      topic,
      runbook: 'functions/AccountConcurrencyHigh',
      description:
        'The account uses over 80 % of its Lambda concurrency in this region. At 100 % Lambda throttles functions without reserved concurrency.',
      metric: accountConcurrencyPercent,
      threshold: 80,
      periods: 5,
    });
  }
}

/** Percentage of the account's quota in the region, which CloudWatch knows ("Visualizing your service quotas"). */
const accountConcurrencyPercent = new MathExpression({
  period: Duration.minutes(1),
  label: 'of the quota, percent',
  expression: '100 * used / SERVICE_QUOTA(used)',
  usingMetrics: {
    used: new Metric({
      period: Duration.minutes(1),
      namespace: 'AWS/Usage',
      metricName: 'ResourceCount',
      dimensionsMap: { Service: 'Lambda', Type: 'Resource', Resource: 'ConcurrentExecutions', Class: 'None' },
      statistic: 'Maximum',
    }),
  },
});
