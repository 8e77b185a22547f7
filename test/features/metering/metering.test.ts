import { describe, expect, test } from 'vitest';
import { consumedTopics } from '../../../lambda/events/contract.ts';
import { type Resource, synthesised } from '../../support/synth.ts';

const { Api: api, Data: data, Events: events, Observability: observability } = synthesised('dev').templates;

function ofType(template: typeof events, type: string): [id: string, properties: Resource][] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource['Type'] === type)
    .map(([id, resource]) => [id, resource['Properties'] as Resource]);
}

/** What the roles whose id begins so may do. */
function actionsOf(prefix: string): string[] {
  return ofType(events, 'AWS::IAM::Policy')
    .filter(([id]) => id.startsWith(prefix))
    .flatMap(([, { PolicyDocument }]) =>
      (PolicyDocument.Statement as { Action: string | string[] }[]).flatMap(({ Action }) => Action),
    );
}

describe('metering', () => {
  test('receives every line of the access log', () => {
    const filters = ofType(events, 'AWS::Logs::SubscriptionFilter');
    expect(filters).toHaveLength(1);
    expect(filters[0]?.[1]).toMatchObject({ FilterPattern: '' });
    const [group = ''] = Object.keys(api.Resources).filter((id) => id.startsWith('PublicApiAccessLogs'));
    expect(JSON.stringify(filters[0]?.[1]['LogGroupName'])).toContain(group);
    const permissions = ofType(events, 'AWS::Lambda::Permission').map(([, { Principal }]) =>
      String(Principal),
    );
    expect(permissions).toContain('logs.amazonaws.com');
  });

  test('retries, then sends to a queue, and reads from that queue', () => {
    const [invoke] = ofType(events, 'AWS::Lambda::EventInvokeConfig');
    expect(invoke?.[1]).toMatchObject({ MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 2 });
    expect(JSON.stringify(invoke?.[1]['DestinationConfig'])).toContain('MeteringFailed');
    const queues = ofType(events, 'AWS::Lambda::EventSourceMapping').filter(([id]) =>
      id.startsWith('Metering'),
    );
    expect(queues.map(([, mapping]) => mapping['FunctionResponseTypes'])).toEqual([
      ['ReportBatchItemFailures'],
      ['ReportBatchItemFailures'],
    ]);
    for (const id of ['AccessLogFallback', 'MeteringFailed']) {
      expect(data.Resources[id]?.['Properties']).toMatchObject({
        MessageRetentionPeriod: 1_209_600,
        VisibilityTimeout: 360,
        RedrivePolicy: { maxReceiveCount: 1_000 },
      });
    }
  });

  test('has permissions for usage, quota, alerts and events only', () => {
    const actions = new Set(
      actionsOf('Metering').filter((action) => /^(dynamodb|sns|cloudwatch):/.test(action)),
    );
    expect([...actions].sort()).toEqual([
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'sns:Publish',
    ]);
    expect(actionsOf('Metering')).toContain('sqs:SendMessage');
    expect(actionsOf('Metering')).toContain('kafka-cluster:WriteData');
    expect(actionsOf('Metering')).not.toContain('kafka-cluster:ReadData');
  });

  test('expires ledger items', () => {
    expect(data.Resources['MeteringLedgerTable']?.['Properties']).toMatchObject({
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        { AttributeName: 'page', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });
});

describe('the consumer of business events', () => {
  test('reads each topic as one group, and filters stock events for reservations', () => {
    const mappings = ofType(events, 'AWS::Lambda::EventSourceMapping').filter(([id]) =>
      id.startsWith('Business'),
    );
    expect(mappings.map(([, { Topics }]) => String(Topics)).sort()).toEqual([...consumedTopics].sort());
    const stock = mappings.find(([, { Topics }]) => String(Topics) === 'inventory.updated');
    expect(JSON.stringify(stock?.[1]['FilterCriteria'])).toContain('reserved');
    expect(JSON.stringify(stock?.[1]['FilterCriteria'])).not.toContain('delivered');
  });

  test('publishes to one namespace, and checks reservations every minute', () => {
    expect(actionsOf('Business')).toContain('cloudwatch:PutMetricData');
    expect(JSON.stringify(events.Resources)).toContain(
      '"Condition":{"StringEquals":{"cloudwatch:namespace":"Gatehouse"}}',
    );
    expect(ofType(events, 'AWS::Events::Rule').map(([, rule]) => rule['ScheduleExpression'])).toEqual([
      'rate(1 minute)',
    ]);
  });
});

describe('the alarms of shop and usage', () => {
  const alarm = (part: string) =>
    ofType(observability, 'AWS::CloudWatch::Alarm').find(([id]) => id.startsWith(part))?.[1];

  test('raise on over 5 percent failed orders of at least 20 for two minutes', () => {
    expect(alarm('BusinessOrderFailures')).toMatchObject({ Threshold: 5, EvaluationPeriods: 2 });
    expect(JSON.stringify(alarm('BusinessOrderFailures')?.['Metrics'])).toContain('>= 20');
  });

  test('raise on the first inventory mismatch', () => {
    expect(alarm('BusinessInventoryMismatch')).toMatchObject({ Threshold: 0, EvaluationPeriods: 1 });
    expect(JSON.stringify(alarm('BusinessInventoryMismatch')?.['Metrics'])).toContain('InventoryMismatches');
  });

  test.each([
    'MeteringErrors',
    'MeteringLag',
    'MeteringParseErrors',
    'AccessLogFallback',
    'MeteringDeadLetters',
  ])('cover metering: %s', (name) => {
    expect(alarm(`Metering${name}`)).toBeDefined();
  });
});
