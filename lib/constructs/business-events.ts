import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { consumedTopics, env, scheduleSource, topicFilters } from '../../lambda/events/contract.ts';
import { metricsNamespace } from '../../lambda/shared/contract.ts';
import { acknowledge } from '../acknowledgements.ts';
import { EventSource } from './event-source.ts';
import type { EventsAccess } from './events-access.ts';
import { ServiceFunction, type ServiceFunctionProps } from './service-function.ts';
import type { Tables } from './tables.ts';

/** What it shares with every other function of the gateway. */
type House = Omit<ServiceFunctionProps, 'code' | 'description' | 'environment' | 'timeout'>;

export interface BusinessEventsProps {
  readonly house: House;
  readonly code: Code;
  /** Name of the environment: a dimension of the metrics. */
  readonly environmentName: string;
  readonly tables: Tables;
  readonly events: EventsAccess;
}

/** Reads the events of orders and stock, and tells CloudWatch what they mean to the shop. */
export class BusinessEvents extends Construct {
  readonly function: ServiceFunction;
  /** By topic: what could not be read. */
  readonly deadLetters: Readonly<Record<string, IQueue>>;

  constructor(
    scope: Construct,
    id: string,
    { house, code, environmentName, tables, events }: BusinessEventsProps,
  ) {
    super(scope, id);
    this.function = new ServiceFunction(this, 'Function', {
      ...house,
      description: 'Turns the events of orders and stock into business metrics.',
      code,
      environment: { [env.environment]: environmentName, [env.stateTable]: tables.businessState.tableName },
      timeout: Duration.minutes(1),
    });
    const { role, live } = this.function;
    tables.grantBusinessState(role);
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
    this.deadLetters = Object.fromEntries(
      consumedTopics.map((topic) => {
        const filters = topicFilters[topic];
        const source = new EventSource(this, topic, {
          consumer: this.function,
          events,
          topic,
          group: `gatehouse-business-metrics`,
          pollers: { min: 1, max: 2 },
          ...(filters === undefined ? {} : { filters }),
        });
        return [topic, source.deadLetters];
      }),
    );
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
