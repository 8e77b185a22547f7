import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { consumedTopics, env, scheduleSource, topicFilters } from '../../../lambda/events/contract.ts';
import { metricsNamespace } from '../../../runtime/contracts/gateway-contract.ts';
import { acknowledge } from '../common/acknowledgements.ts';
import type { Tables } from '../database/tables.ts';
import { GatewayFunction, type GatewayFunctionProps } from '../functions/gateway-function.ts';
import type { EventsAccess } from './events-access.ts';
import { KafkaEventSource, type KafkaEventSourceProps } from './kafka-event-source.ts';

/** What it shares with every other function of the gateway. */
type FunctionDefaults = Omit<GatewayFunctionProps, 'code' | 'description' | 'environment' | 'timeout'>;

export interface BusinessEventsProps {
  readonly functionDefaults: FunctionDefaults;
  readonly code: Code;
  /** Name of the environment: a dimension of the metrics. */
  readonly environmentName: string;
  readonly tables: Tables;
  readonly events: EventsAccess;
  /** As `KafkaEventSourceProps` has them. */
  readonly pollers: KafkaEventSourceProps['pollers'];
}

/** Reads the events of orders and stock, and tells CloudWatch what they mean to the shop. */
export class BusinessEvents extends Construct {
  readonly function: GatewayFunction;
  /** What could not be read: records that the function has put aside, and Lambda's account of batches it gave up. */
  readonly deadLetters: IQueue;

  constructor(
    scope: Construct,
    id: string,
    { functionDefaults: house, code, environmentName, tables, events, pollers }: BusinessEventsProps,
  ) {
    super(scope, id);
    this.deadLetters = deadLettersIn(this);
    this.function = new GatewayFunction(this, 'Function', {
      ...house,
      description: 'Turns the events of orders and stock into business metrics.',
      code,
      environment: {
        [env.environment]: environmentName,
        [env.stateTable]: tables.businessState.tableName,
        [env.deadLetterQueueUrl]: this.deadLetters.queueUrl,
        [env.onFailure]: pollers === 'on-demand' ? 'throw' : 'report',
      },
      timeout: Duration.minutes(1),
    });
    const { role, live } = this.function;
    tables.grantBusinessState(role);
    this.deadLetters.grant(role, 'sqs:SendMessage');
    acknowledge(
      role,
      'IAM5[Resource::*]',
      'PutMetricData knows no resources, and is narrowed to one namespace by a condition; network interfaces have no name before Lambda makes them.',
    );
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': metricsNamespace } },
      }),
    );
    for (const topic of consumedTopics) {
      new KafkaEventSource(this, topic, {
        consumer: this.function,
        events,
        topic,
        groupPrefix: 'gatehouse-business-metrics',
        deadLetters: this.deadLetters,
        pollers,
        filters: topicFilters[topic],
      });
    }
    // What did not happen has no event: reservations are looked at when they should have ended.
    new Rule(this, 'EveryMinute', {
      description: 'Looks at reservations that should have ended.',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(live, {
          event: RuleTargetInput.fromObject({ source: scheduleSource }),
          // The next one comes in a minute.
          retryAttempts: 0,
          maxEventAge: Duration.minutes(1),
        }),
      ],
    });
  }
}

function deadLettersIn(scope: Construct): IQueue {
  const queue = new Queue(scope, 'DeadLetters', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledge(
    queue,
    'SQS3',
    'This is the dead-letter queue of the business events: what is in it has failed for good.',
  );
  return queue;
}
