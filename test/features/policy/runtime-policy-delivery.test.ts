import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Alarm, type IAlarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, type IFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
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
  it('has a place for documents that two validators judge, and no document', () => {
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

  it('lets AppConfig of this account call the validator', () => {
    expect(only(template, 'AWS::Lambda::Permission')['Properties']).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: arnOf('Validator'),
      Principal: 'appconfig.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
  });

  it('tells of a document that is deployed, and of one that was taken back', () => {
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

  it('is rolled back by each alarm, whose state AppConfig may read and of no other', () => {
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

  it('is read by the one who polls it, and nothing else is', () => {
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

  it.each([
    ['at once in an emergency', 'gatehouse-dev-emergency', 100, 0, 0],
    ['by stages otherwise', 'gatehouse-dev-staged', 20, 10, 10],
  ])('goes out %s', (_, name, GrowthFactor, DeploymentDurationInMinutes, FinalBakeTimeInMinutes) => {
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
  });

  it('keeps what operators have deployed', () => {
    for (const type of ['Application', 'Environment', 'ConfigurationProfile']) {
      expect(only(template, `AWS::AppConfig::${type}`)).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
    }
  });
});

it('is asked for by the authorizer under the names that the templates give', () => {
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
