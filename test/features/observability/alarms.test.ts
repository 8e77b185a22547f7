import { Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, test } from 'vitest';
import { LimitStoreAlarms } from '../../../lib/features/limit-store/limit-store-alarms.ts';
import { nodeLimitStoreMetrics } from '../../../lib/features/limit-store/limit-store-metrics.ts';
import { AlarmGroup } from '../../../lib/features/observability/alarm-group.ts';
import { alarmDescription, setAlarmDefaults } from '../../../lib/features/observability/alarm-text.ts';
import { AlarmTopic } from '../../../lib/features/observability/alarm-topic.ts';
import { GatewayAlarm } from '../../../lib/features/observability/gateway-alarm.ts';
import { onlyResource } from '../../support/only-resource.ts';
import { all, newStack } from '../../support/test-stack.ts';

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

  test('notifies when it is raised and when it ends, and ignores missing data', () => {
    expect(onlyResource(template, 'AWS::CloudWatch::Alarm')).toMatchObject({
      AlarmActions: [{ Ref: topic['id'] }],
      OKActions: [{ Ref: topic['id'] }],
      ComparisonOperator: 'GreaterThanThreshold',
      AlarmName: 'gatehouse-test-Fault',
      AlarmDescription: [
        'Something is wrong.',
        'Runbook: https://runbooks.example/fault.md',
        'Metric: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/gatehouse-test-Fault',
        'First query: npm run ops -- open gatehouse-test-Fault --env test',
      ].join('\n'),
      Threshold: 3,
      EvaluationPeriods: 2,
      TreatMissingData: 'notBreaching',
    });
  });

  test('names the region in its command when it is in a further region', () => {
    const stack = newStack('eu-central-1');
    setAlarmDefaults(stack, {
      environment: 'test',
      runbookBaseUrl: 'https://runbooks.example',
      furtherRegions: ['eu-central-1'],
    });
    const description = alarmDescription(stack, {
      name: 'Fault',
      description: 'Something is wrong.',
      runbook: 'fault',
      firstLook: 'logs auth --since 15m',
    });
    expect(description).toContain('home?region=eu-central-1#alarmsV2:alarm/gatehouse-test-Fault\n');
    expect(description).toContain('npm run ops -- logs auth --since 15m --env test --region eu-central-1');
  });

  test('refuses a description that CloudWatch does not accept', () => {
    const alarm = () =>
      new GatewayAlarm(newStack(), 'Long', {
        description: 'x'.repeat(1_000),
        runbook: 'fault',
        metric: new Metric({ namespace: 'Shop', metricName: 'Faults' }),
        threshold: 3,
        periods: 2,
      });
    expect(alarm).toThrow(/gatehouse-test-Long has 1\d{3} characters.*1024/);
  });

  test('notifies every address', () => {
    const subscriptions = Object.values(template.findResources('AWS::SNS::Subscription'));
    expect(subscriptions.map((subscription) => subscription['Properties'].Endpoint)).toEqual([
      'a@store.example',
      'b@store.example',
    ]);
    expect(synthesise([]).findResources('AWS::SNS::Subscription')).toEqual({});
  });

  test("accepts messages of this account's alarms only, encrypted with the key", () => {
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

describe('a group of alarms', () => {
  const stack = newStack();
  const { topic } = new AlarmTopic(stack, 'Topic', { emails: [] });
  const silent = (id: string) =>
    new GatewayAlarm(stack, id, {
      description: 'Something is wrong.',
      runbook: 'fault',
      metric: new Metric({ namespace: 'Shop', metricName: id }),
      threshold: 3,
      when: 'under',
      periods: 1,
      treatMissingData: 'breaching',
    }).alarm;
  new AlarmGroup(stack, 'Group', {
    topic,
    description: 'The shop is degraded.',
    runbook: 'shop',
    alarms: [silent('A'), silent('B')],
    suppressedBy: silent('Cause'),
  });
  const template = Template.fromStack(stack);

  test('notifies instead of its alarms, and is suppressed while its cause is raised', () => {
    const [group] = all(template, 'AWS::CloudWatch::CompositeAlarm');
    expect(group?.['Properties']).toMatchObject({
      AlarmActions: [{}],
      OKActions: [{}],
      ActionsSuppressor: {},
      ActionsSuppressorWaitPeriod: 120,
      ActionsSuppressorExtensionPeriod: 600,
      AlarmName: 'gatehouse-test-Group',
      AlarmDescription: expect.stringContaining('Runbook: https://runbooks.example/shop.md'),
    });
    expect(JSON.stringify(group?.['Properties'].AlarmRule)).toMatch(/ALARM.* OR ALARM/);
    for (const alarm of all(template, 'AWS::CloudWatch::Alarm')) {
      expect(alarm['Properties'].AlarmActions).toBeUndefined();
      expect(alarm['Properties']).toMatchObject({
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      });
    }
  });
});

describe('the alarms of a limit store with many nodes', () => {
  const stack = newStack();
  const { topic } = new AlarmTopic(stack, 'Topic', { emails: [] });
  new LimitStoreAlarms(stack, 'LimitStore', {
    topic,
    environmentName: 'prod',
    metrics: nodeLimitStoreMetrics({ name: 'shop', shards: 12, replicasPerShard: 2 }),
  });
  const alarms = all(Template.fromStack(stack), 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);

  test('watch every node, with at most ten nodes per alarm', () => {
    const text = JSON.stringify(alarms);
    for (const node of ['shop-0001-001', 'shop-0012-003']) {
      expect(text.split(`"${node}"`).length - 1).toBeGreaterThanOrEqual(5);
    }
    const counts = alarms.map(
      ({ Metrics }) => ((Metrics ?? []) as object[]).filter((metric) => 'MetricStat' in metric).length,
    );
    expect(Math.max(...counts)).toBe(10);
  });
});
