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

/**
 * That ECS gave up a deployment of any service and went back. The rule has no target: CloudWatch counts what it
 * matches, and the alarm tells it.
 */
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
      description: 'Deployments of services that ECS gave up.',
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
      description: 'ECS gave up a deployment and went back to the tasks before it.',
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
