import { describe, expect, test } from 'vitest';
import { environmentNames, resourcesOf } from '../../support/synth.ts';

describe.each(environmentNames)('the webhook endpoint of %s', (environment) => {
  const all = resourcesOf(environment);
  const ofType = (type: string) => all.filter(({ resource }) => resource['Type'] === type);
  const propertiesOf = (type: string, id: RegExp) => {
    const found = ofType(type).filter((each) => id.test(each.id));
    expect(found.map((each) => each.id)).toHaveLength(1);
    return found[0]?.resource['Properties'] as Record<string, unknown>;
  };

  test('accepts calls without a token, and passes the origin secret to the function', () => {
    const route = ofType('AWS::ApiGatewayV2::Route').find(
      ({ resource }) => resource['Properties'].RouteKey === 'POST /api/payments/webhook',
    );
    expect(route?.resource['Properties'].AuthorizationType).toBe('NONE');
    const integration = propertiesOf('AWS::ApiGatewayV2::Integration', /^WebhooksIntegration/);
    expect(integration['PayloadFormatVersion']).toBe('2.0');
    const mappings = Object.keys(integration['RequestParameters'] as object);
    expect(mappings).not.toContain('remove:header.x-gw-origin-secret');
    expect(mappings).toContain('remove:header.x-api-key');
  });

  test('has a FIFO queue with the maximum retention', () => {
    for (const id of [/^WebhookFallback$/, /^WebhookDeadLetters$/]) {
      expect(propertiesOf('AWS::SQS::Queue', id)).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        MessageRetentionPeriod: 14 * 86_400,
        KmsMasterKeyId: expect.anything(),
      });
    }
    const queue = propertiesOf('AWS::SQS::Queue', /^WebhookFallback$/);
    expect(queue['RedrivePolicy']).toMatchObject({ maxReceiveCount: 1_000 });
    const drain = propertiesOf('AWS::Lambda::Function', /^WebhooksDrainFunction/);
    expect(queue['VisibilityTimeout']).toBe(6 * Number(drain['Timeout']));
  });

  test('drains the queue with partial batch failures, by the alias `live`', () => {
    const mapping = propertiesOf('AWS::Lambda::EventSourceMapping', /^WebhooksDrain/);
    expect(mapping).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    });
  });

  test('may send to the queue only; the drain may read only', () => {
    // The drain's own dead letters are another queue.
    const isOfQueue = ({ Resource: queue }: { Resource: unknown }) => !/Dead/.test(JSON.stringify(queue));
    const actionsOf = (owner: RegExp) =>
      ofType('AWS::IAM::Policy')
        .filter(({ id }) => owner.test(id))
        .flatMap(({ resource }) => resource['Properties'].PolicyDocument.Statement)
        .filter(isOfQueue)
        .flatMap(({ Action }: { Action: string | string[] }) => Action)
        .filter((action: string) => action.startsWith('sqs:'))
        .sort();
    expect(actionsOf(/^WebhooksReceiverRole/)).toEqual(['sqs:SendMessage']);
    expect(actionsOf(/^WebhooksDrainRole/)).not.toContain('sqs:SendMessage');
    expect(actionsOf(/^WebhooksDrainRole/)).toContain('sqs:DeleteMessage');
  });

  test('has a timeout below the lease of a delivery', () => {
    const receiver = propertiesOf('AWS::Lambda::Function', /^WebhooksReceiverFunction/);
    expect(Number(receiver['Timeout'])).toBeLessThan(20);
    const integration = propertiesOf('AWS::ApiGatewayV2::Integration', /^WebhooksIntegration/);
    expect(Number(integration['TimeoutInMillis'])).toBeGreaterThan(Number(receiver['Timeout']) * 1_000);
  });

  test('has a separate secret for each sender, generated until the sender issues one', () => {
    const secret = ofType('AWS::SecretsManager::Secret').find(
      ({ resource }) => resource['Properties'].Name === `gatehouse/${environment}/webhooks/stripe`,
    );
    expect(secret?.resource['Properties'].GenerateSecretString).toEqual({
      ExcludePunctuation: true,
      PasswordLength: 64,
    });
  });
});

test('reserves concurrency for webhooks in production', () => {
  const receiver = resourcesOf('prod').find(({ id }) => id.startsWith('WebhooksReceiverFunction'));
  expect(receiver?.resource['Properties'].ReservedConcurrentExecutions).toBe(50);
});
