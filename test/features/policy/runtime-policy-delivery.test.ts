import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Alarm, type IAlarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, type IFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { runtimePolicyNames } from '../../../lib/compile/runtime-policy-names.ts';
import { RuntimePolicyDelivery } from '../../../lib/features/policy/runtime-policy-delivery.ts';
import { resourcesOf } from '../../support/synth.ts';
import { all, newStack, only } from '../../support/test-stack.ts';

const template = (() => {
  const stack = newStack();
  const alarm = (id: string) =>
    new Alarm(stack, id, {
      metric: new Metric({ namespace: 'Test', metricName: id }),
      threshold: 1,
      evaluationPeriods: 1,
    }) as IAlarm;
  const lambda = (id: string) =>
    new LambdaFunction(stack, id, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline('exports.handler = () => {};'),
    }) as IFunction;
  new RuntimePolicyDelivery(stack, 'RuntimePolicy', {
    names: runtimePolicyNames('dev'),
    schema: { type: 'object' },
    validator: lambda('Validator'),
    alarms: [alarm('Errors'), alarm('Faults')],
    readers: [new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })],
    deploymentHook: lambda('DeploymentHookFunction'),
    removalPolicy: RemovalPolicy.RETAIN,
  });
  return Template.fromStack(stack);
})();
const arnOf = (logicalId: string) => ({
  'Fn::GetAtt': [expect.stringContaining(logicalId) as string, 'Arn'],
});

describe('the runtime policy', () => {
  test('has a profile with two validators, and no document', () => {
    expect(only(template, 'AWS::AppConfig::ConfigurationProfile')['Properties']).toEqual({
      ApplicationId: { Ref: 'RuntimePolicyApplication' },
      Name: 'runtime-policy',
      Description: expect.any(String) as string,
      LocationUri: 'hosted',
      Type: 'AWS.Freeform',
      Validators: [
        { Type: 'JSON_SCHEMA', Content: '{"type":"object"}' },
        { Type: 'LAMBDA', Content: arnOf('Validator') },
      ],
    });
    expect(all(template, 'AWS::AppConfig::HostedConfigurationVersion')).toEqual([]);
    expect(all(template, 'AWS::AppConfig::Deployment')).toEqual([]);
  });

  test('allows AppConfig of this account to invoke the validator', () => {
    expect(only(template, 'AWS::Lambda::Permission')['Properties']).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: arnOf('Validator'),
      Principal: 'appconfig.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
  });

  test('invokes the hook after a deployment and after a rollback', () => {
    const action = [
      {
        Name: 'invoke-deployment-hook',
        Uri: arnOf('DeploymentHookFunction'),
        RoleArn: arnOf('DeploymentHookRole'),
      },
    ];
    expect(only(template, 'AWS::AppConfig::Extension')['Properties'].Actions).toEqual({
      ON_DEPLOYMENT_COMPLETE: action,
      ON_DEPLOYMENT_ROLLED_BACK: action,
    });
    expect(only(template, 'AWS::AppConfig::ExtensionAssociation')['Properties']).toEqual({
      ExtensionIdentifier: arnOf('DeploymentHook'),
      ExtensionVersionNumber: expect.anything(),
      ResourceIdentifier: {
        'Fn::Join': ['', expect.arrayContaining(['/environment/', { Ref: 'RuntimePolicyEnvironment' }])],
      },
    });
    expect(policyOf('DeploymentHookRole')).toEqual([
      { Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: arnOf('DeploymentHookFunction') },
    ]);
  });

  test('rolls back on each alarm, and may read these alarms only', () => {
    const { Monitors: monitors } = only(template, 'AWS::AppConfig::Environment')['Properties'] as {
      Monitors: { AlarmArn: unknown; AlarmRoleArn: unknown }[];
    };
    const alarms = [arnOf('Errors'), arnOf('Faults')];
    expect(monitors.map(({ AlarmArn }) => AlarmArn)).toEqual(alarms);
    expect(new Set(monitors.map(({ AlarmRoleArn }) => JSON.stringify(AlarmRoleArn))).size).toBe(1);
    expect(policyOf('AlarmReader')).toEqual([
      { Action: 'cloudwatch:DescribeAlarms', Effect: 'Allow', Resource: alarms },
    ]);
  });

  test('allows the readers to read this configuration only', () => {
    const [statement, ...others] = policyOf('Read');
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      Action: ['appconfig:GetLatestConfiguration', 'appconfig:StartConfigurationSession'],
      Effect: 'Allow',
    });
    expect(JSON.stringify(statement)).toContain(
      ':application/",{"Ref":"RuntimePolicyApplication"},"/environment/",{"Ref":"RuntimePolicyEnvironment"},' +
        '"/configuration/",{"Ref":"RuntimePolicyProfile"}',
    );
  });

  test.each([
    ['at once in an emergency', 'gatehouse-dev-emergency', 100, 0, 0],
    ['by stages otherwise', 'gatehouse-dev-staged', 20, 10, 10],
  ])(
    'has a strategy that deploys %s',
    (_, name, GrowthFactor, DeploymentDurationInMinutes, FinalBakeTimeInMinutes) => {
      const strategies = all(template, 'AWS::AppConfig::DeploymentStrategy').map(
        (found) => found['Properties'],
      );
      expect(strategies.find((strategy) => strategy.Name === name)).toMatchObject({
        GrowthFactor,
        GrowthType: 'LINEAR',
        DeploymentDurationInMinutes,
        FinalBakeTimeInMinutes,
        ReplicateTo: 'NONE',
      });
    },
  );

  test('retains the documents of operators', () => {
    for (const type of ['Application', 'Environment', 'ConfigurationProfile']) {
      expect(only(template, `AWS::AppConfig::${type}`)).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
    }
  });
});

test('has the names that the authorizer uses', () => {
  const functions = resourcesOf('prod').filter(
    ({ resource }) => resource['Type'] === 'AWS::Lambda::Function',
  );
  const [authorizer] = functions.filter(({ id }) => id.startsWith('AuthFunction'));
  const { application, environment, profile } = runtimePolicyNames('prod');
  expect(authorizer?.resource['Properties'].Environment.Variables).toMatchObject({
    RUNTIME_POLICY: `${application}/${environment}/${profile}`,
    RUNTIME_POLICY_POLL_SECONDS: '30',
  });
  const nameOf = (type: string) =>
    resourcesOf('prod').find(({ resource }) => resource['Type'] === `AWS::AppConfig::${type}`)?.resource[
      'Properties'
    ].Name;
  expect([nameOf('Application'), nameOf('Environment'), nameOf('ConfigurationProfile')]).toEqual([
    application,
    environment,
    profile,
  ]);
});

function policyOf(id: string): unknown[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
  const [, policy] = policies.find(([logicalId]) => logicalId.startsWith(`RuntimePolicy${id}`)) ?? [];
  return (policy?.['Properties'].PolicyDocument.Statement as unknown[] | undefined) ?? [];
}
