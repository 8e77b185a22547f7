import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Code, IEventSource } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { FilterPattern, type ILogGroup, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { accessLogTopic, env } from '../../../lambda/metering/contract.ts';
import type { Tables } from '../database/tables.ts';
import type { EventsAccess } from '../events/events-access.ts';
import { GatewayFunction, type GatewayFunctionProps } from '../functions/gateway-function.ts';
import type { LimitStoreLogin } from '../limit-store/limit-store-access.ts';
import type { MeteringQueues } from './metering-queues.ts';

/** Settings that all functions of the gateway share. */
type FunctionDefaults = Omit<GatewayFunctionProps, 'code' | 'description' | 'environment' | 'timeout'>;

export interface MeteringProps {
  readonly functionDefaults: FunctionDefaults;
  readonly code: Code;
  /** Name of the environment, for metrics and alerts. */
  readonly environmentName: string;
  /** Access logs by API. */
  readonly accessLogs: Readonly<Record<string, ILogGroup>>;
  readonly tables: Tables;
  readonly queues: MeteringQueues;
  readonly events: EventsAccess;
  readonly limitStoreLogin: LimitStoreLogin;
}

export const meteringTimeout = Duration.minutes(1);

/**
 * Adds the access log to the usage of clients, and writes it to the event log. Lambda retries a failed invocation three times and
 * then sends it to a queue, from which the same function reads it again.
 */
export class Metering extends Construct {
  readonly function: GatewayFunction;
  readonly queues: MeteringQueues;
  /** Topic of the alerts when a client has used 80, 90 and 100 percent of its monthly quota. */
  readonly quotaTopic: Topic;

  constructor(scope: Construct, id: string, props: MeteringProps) {
    super(scope, id);
    const { tables, queues, events } = props;
    this.queues = queues;
    this.quotaTopic = new Topic(this, 'QuotaTopic', { enforceSSL: true });
    this.function = new GatewayFunction(this, 'Function', {
      ...props.functionDefaults,
      description: 'Adds the access log to the usage of clients, and writes it to the event log.',
      code: props.code,
      environment: {
        [env.environment]: props.environmentName,
        [env.usageTable]: tables.usage.tableName,
        [env.ledgerTable]: tables.meteringLedger.tableName,
        [env.quotaTopicArn]: this.quotaTopic.topicArn,
        [env.accessLogQueueUrl]: queues.accessLog.queueUrl,
        [env.deadLetterQueueUrl]: queues.deadLetters.queueUrl,
        ...events.environment,
        ...props.limitStoreLogin.environment,
      },
      timeout: meteringTimeout,
    });
    const { role, live } = this.function;
    tables.grantMetering(role);
    props.limitStoreLogin.grantConnect(role);
    events.grantProduce(role, [accessLogTopic]);
    // Not the topic's grant, which allows all keys of the account: the policy of the AWS managed key is enough.
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['sns:Publish'], resources: [this.quotaTopic.topicArn] }),
    );
    for (const queue of [queues.accessLog, queues.deadLetters]) queue.grant(role, 'sqs:SendMessage');

    live.configureAsyncInvoke({
      // The maximum of both.
      maxEventAge: Duration.hours(6),
      retryAttempts: 2,
      onFailure: new SqsDestination(queues.failed),
    });
    for (const queue of [queues.accessLog, queues.failed]) {
      const source: IEventSource = new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // Limits retries, so that they do not slow down current records.
        maxConcurrency: 5,
      });
      live.addEventSource(source);
    }
    for (const [api, logGroup] of Object.entries(props.accessLogs)) {
      new SubscriptionFilter(this, `AccessLog-${api}`, {
        logGroup,
        destination: new LambdaDestination(live),
        filterPattern: FilterPattern.allEvents(),
      });
    }
  }
}
