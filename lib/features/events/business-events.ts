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

/** Settings that all functions of the gateway share. */
type FunctionDefaults = Omit<GatewayFunctionProps, 'code' | 'description' | 'environment' | 'timeout'>;

export interface BusinessEventsProps {
  readonly functionDefaults: FunctionDefaults;
  readonly code: Code;
  /** Name of the environment: a dimension of the metrics. */
  readonly environmentName: string;
  readonly tables: Tables;
  readonly events: EventsAccess;
  /** Pollers, see `KafkaEventSourceProps`. */
  readonly pollers: KafkaEventSourceProps['pollers'];
}

/** Consumer of order and stock events that publishes business metrics to CloudWatch. */
export class BusinessEvents extends Construct {
  readonly function: GatewayFunction;
  /** Dead-letter queue: records that the function cannot process, and Lambda's reports of failed batches. */
  readonly deadLetters: IQueue;

  constructor(
    scope: Construct,
    id: string,
    { functionDefaults, code, environmentName, tables, events, pollers }: BusinessEventsProps,
  ) {
    super(scope, id);
    this.deadLetters = deadLettersIn(this);
    this.function = new GatewayFunction(this, 'Function', {
      ...functionDefaults,
      description: 'Turns order and stock events into business metrics.',
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
      'PutMetricData supports no resources, and a condition restricts it to one namespace; network interfaces have no name before Lambda creates them.',
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
    // No event reports a missing event: the function checks reservations that should have ended.
    new Rule(this, 'EveryMinute', {
      description: 'Checks for reservations that should have ended.',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(live, {
          event: RuleTargetInput.fromObject({ source: scheduleSource }),
          // The next invocation is a minute later.
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
    'This is the dead-letter queue of the business events. It has no further dead-letter queue.',
  );
  return queue;
}
