import { Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';
import { AlarmTopic } from '../../lib/constructs/alarm-topic.ts';
import { GatewayAlarm } from '../../lib/constructs/gateway-alarm.ts';
import { onlyResource } from '../support/only-resource.ts';
import { newStack } from './stack.ts';

function synthesise(emails: readonly string[]): Template {
  const stack = newStack();
  const { topic } = new AlarmTopic(stack, 'Topic', { emails });
  new GatewayAlarm(stack, 'Fault', {
    topic,
    description: 'Something is wrong.',
    runbook: 'fault',
    metric: new Metric({ namespace: 'Shop', metricName: 'Faults' }),
    threshold: 3,
    periods: 2,
  });
  return Template.fromStack(stack);
}

describe('an alarm', () => {
  const template = synthesise(['a@store.example', 'b@store.example']);
  const topic = onlyResource(template, 'AWS::SNS::Topic');

  it('is told when it begins and when it ends, and is silent without data', () => {
    expect(onlyResource(template, 'AWS::CloudWatch::Alarm')).toMatchObject({
      AlarmActions: [{ Ref: topic['id'] }],
      OKActions: [{ Ref: topic['id'] }],
      ComparisonOperator: 'GreaterThanThreshold',
      AlarmDescription: 'Something is wrong. Runbook: docs/runbooks/fault.md',
      Threshold: 3,
      EvaluationPeriods: 2,
      TreatMissingData: 'notBreaching',
    });
  });

  it('goes to every address', () => {
    const subscriptions = Object.values(template.findResources('AWS::SNS::Subscription'));
    expect(subscriptions.map((subscription) => subscription['Properties'].Endpoint)).toEqual([
      'a@store.example',
      'b@store.example',
    ]);
    expect(synthesise([]).findResources('AWS::SNS::Subscription')).toEqual({});
  });

  it("may be published by this account's alarms, through the key", () => {
    const alarms = {
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    };
    expect(onlyResource(template, 'AWS::SNS::TopicPolicy')['PolicyDocument'].Statement).toMatchObject([
      { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { ...alarms, Action: 'sns:Publish', Resource: { Ref: topic['id'] } },
    ]);
    expect(onlyResource(template, 'AWS::KMS::Key')).toMatchObject({
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: [{ Action: 'kms:*' }, { ...alarms, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] }],
      },
    });
  });
});
