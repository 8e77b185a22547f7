import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';

export interface DeploymentFailuresProps {
  readonly topic: ITopic;
  readonly clusterName: string;
}

/** Alarm on failed deployments of any service. The rule has no target: the alarm reads the count of its matches. */
export class DeploymentFailures extends Construct {
  constructor(scope: Construct, id: string, { topic, clusterName }: DeploymentFailuresProps) {
    super(scope, id);
    const services = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'service',
      resourceName: `${clusterName}/`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    const rule = new Rule(this, 'FailedDeployments', {
      description: 'Failed deployments of ECS services.',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Deployment State Change'],
        resources: Match.prefix(services),
        detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] },
      },
    });
    new GatewayAlarm(this, 'DeploymentFailed', {
      topic,
      runbook: 'services/DeploymentFailed',
      description:
        'A deployment of an ECS service failed and was rolled back. The previous tasks serve all calls; the release is not live.',
      metric: new Metric({
        period: Duration.minutes(1),
        namespace: 'AWS/Events',
        metricName: 'TriggeredRules',
        dimensionsMap: { RuleName: rule.ruleName },
        statistic: 'Sum',
      }),
      threshold: 0,
      periods: 1,
    });
  }
}
