import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { driftMetric, env } from '../../../lambda/partner-plans/contract.ts';
import { GatewayFunction, type GatewayFunctionProps } from '../functions/gateway-function.ts';
import { gatewayMetric } from '../observability/gateway-metric.ts';

export interface UsagePlanSyncProps
  extends Pick<GatewayFunctionProps, 'code' | 'vpc' | 'securityGroup' | 'logRetention' | 'removalPolicy'> {
  /** Name of the environment, for the metric. */
  readonly environmentName: string;
  /** AppConfig application, environment and profile of the runtime policy, separated by slashes. */
  readonly runtimePolicy: string;
  /** Ids of the usage plans, by the name of the plan. */
  readonly usagePlanIds: Readonly<Record<string, string>>;
}

/** Runs on a schedule as well, because a deployment of the stack resets usage plans to the catalogue, and an invocation may be lost. */
const interval = Duration.minutes(15);

/** Synchronizes the partner API's usage plans with the plans of the runtime policy, after each change and on a schedule. */
export class UsagePlanSync extends Construct {
  readonly function: GatewayFunction;

  constructor(scope: Construct, id: string, props: UsagePlanSyncProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.function = new GatewayFunction(this, 'Function', {
      ...props,
      description: 'Synchronizes the usage plans of the partner API with the plans of the runtime policy.',
      environment: {
        [env.runtimePolicy]: props.runtimePolicy,
        [env.usagePlans]: stack.toJsonString(props.usagePlanIds),
        [env.environment]: props.environmentName,
      },
      memoryMiB: 256,
      timeout: Duration.minutes(1),
    });
    this.function.role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['apigateway:GET', 'apigateway:PATCH'],
        resources: Object.values(props.usagePlanIds).map((usagePlanId) =>
          stack.formatArn({
            service: 'apigateway',
            account: '',
            resource: '/usageplans',
            resourceName: usagePlanId,
            arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
          }),
        ),
      }),
    );
    new Rule(this, 'Schedule', {
      description: 'Compares the usage plans of the partner API with the plans of the runtime policy.',
      schedule: Schedule.rate(interval),
      targets: [new LambdaFunction(this.function.live, { retryAttempts: 2 })],
    });
  }
}

/** Number of usage plans that differ from the plans in force, or could not be compared: the maximum of an interval. */
export function planDriftMetric(environment: string): Metric {
  return gatewayMetric(environment, driftMetric, {
    label: 'usage plans that drift',
    statistic: 'Maximum',
    period: interval,
  });
}
