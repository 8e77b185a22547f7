import { describe, expect, it } from 'vitest';
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
  it('gets every line of the access log of the API', () => {
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

  it('is tried again, then waits in a queue, and is read from there', () => {
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

  it('may count, charge, tell and pass on, and no more', () => {
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

  it('keeps its ledger for as long as an item says', () => {
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
  it('reads each topic as one group, and hears of stock what moves reservations', () => {
    const mappings = ofType(events, 'AWS::Lambda::EventSourceMapping').filter(([id]) =>
      id.startsWith('Business'),
    );
    expect(mappings.map(([, { Topics }]) => String(Topics)).sort()).toEqual([...consumedTopics].sort());
    const stock = mappings.find(([, { Topics }]) => String(Topics) === 'inventory.updated');
    expect(JSON.stringify(stock?.[1]['FilterCriteria'])).toContain('reserved');
    expect(JSON.stringify(stock?.[1]['FilterCriteria'])).not.toContain('delivered');
  });

  it('puts metrics into one namespace, and looks at reservations every minute', () => {
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

  it('tell of failed orders over 5 percent of at least 20 for two minutes', () => {
    expect(alarm('BusinessOrderFailures')).toMatchObject({ Threshold: 5, EvaluationPeriods: 2 });
    expect(JSON.stringify(alarm('BusinessOrderFailures')?.['Metrics'])).toContain('>= 20');
  });

  it('tell of the first mismatch of stock', () => {
    expect(alarm('BusinessInventoryMismatch')).toMatchObject({ Threshold: 0, EvaluationPeriods: 1 });
    expect(JSON.stringify(alarm('BusinessInventoryMismatch')?.['Metrics'])).toContain('InventoryMismatches');
  });

  it.each([
    'MeteringErrors',
    'MeteringLag',
    'MeteringParseErrors',
    'AccessLogFallback',
    'MeteringDeadLetters',
  ])('tell of metering: %s', (name) => {
    expect(alarm(`Metering${name}`)).toBeDefined();
  });
});
