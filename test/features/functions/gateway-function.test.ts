import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import {
  GatewayFunction,
  type GatewayFunctionProps,
} from '../../../lib/features/functions/gateway-function.ts';
import { onlyResource } from '../../support/only-resource.ts';
import { newSecurityGroup, newStack, newVpc } from '../../support/test-stack.ts';

function synthesise(props: Partial<GatewayFunctionProps> = {}): Template {
  const stack = newStack();
  const vpc = newVpc(stack);
  new GatewayFunction(stack, 'F', {
    description: 'A function',
    code: Code.fromInline('exports.handler = () => {};'),
    environment: { STORE: 'b' },
    memoryMiB: 512,
    timeout: Duration.seconds(3),
    vpc,
    securityGroup: newSecurityGroup(stack, vpc),
    logRetention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
    ...props,
  });
  return Template.fromStack(stack);
}

describe('the gateway function', () => {
  test('uses unreserved concurrency by default', () => {
    const template = synthesise();
    const lambda = onlyResource(template, 'AWS::Lambda::Function');
    expect(lambda).toMatchObject({ MemorySize: 512, Timeout: 3, Environment: { Variables: { STORE: 'b' } } });
    expect(lambda['ReservedConcurrentExecutions']).toBeUndefined();
    const live = onlyResource(template, 'AWS::Lambda::Alias');
    expect(live['Name']).toBe('live');
    expect(live['ProvisionedConcurrencyConfig']).toBeUndefined();
  });

  test('has the configured reserved and provisioned concurrency', () => {
    const evening = { cron: '30 16 * * ? *', timeZone: 'Europe/Dublin', factor: 2.5 };
    const template = synthesise({
      reservedConcurrency: 100,
      provisionedConcurrency: { min: 5, max: 10, schedules: { evening } },
    });
    expect(onlyResource(template, 'AWS::Lambda::Function')['ReservedConcurrentExecutions']).toBe(100);
    expect(onlyResource(template, 'AWS::Lambda::Alias')['ProvisionedConcurrencyConfig']).toEqual({
      ProvisionedConcurrentExecutions: 5,
    });
    expect(onlyResource(template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      ScalableDimension: 'lambda:function:ProvisionedConcurrency',
      MinCapacity: 5,
      MaxCapacity: 10,
      ScheduledActions: [
        {
          Schedule: 'cron(30 16 * * ? *)',
          Timezone: 'Europe/Dublin',
          ScalableTargetAction: { MinCapacity: 13, MaxCapacity: 13 },
        },
      ],
    });
    expect(onlyResource(template, 'AWS::ApplicationAutoScaling::ScalingPolicy')).toMatchObject({
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization',
        },
        TargetValue: 0.7,
      },
    });
  });

  test('may write to its log group only', () => {
    const template = synthesise();
    const { id } = onlyResource(template, 'AWS::Logs::LogGroup');
    const { Statement } = onlyResource(template, 'AWS::IAM::Policy')['PolicyDocument'];
    const logs = Statement.filter((one: { Action: string[] }) =>
      one.Action.some((name) => name.startsWith('logs:')),
    );
    expect(logs).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [id, 'Arn'] },
      },
    ]);
    expect(onlyResource(template, 'AWS::IAM::Role')['ManagedPolicyArns']).toBeUndefined();
  });
});
