import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { FunctionMetrics } from '../functions/function-metrics.ts';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import type { DecisionMetrics } from './decision-metrics.ts';

export interface AuthorizerAlarmsProps {
  readonly function: FunctionMetrics;
  readonly decisions: DecisionMetrics;
}

/** Alarms of the authorizer. They have no topic: the public API's alarm group notifies. */
export class AuthorizerAlarms extends Construct {
  /** Invocations of the authorizer fail. */
  readonly errors: IAlarm;
  /** All alarms of the authorizer. */
  readonly all: readonly IAlarm[];

  constructor(scope: Construct, id: string, { function: authorizer, decisions }: AuthorizerAlarmsProps) {
    super(scope, id);
    this.errors = new GatewayAlarm(this, 'AuthorizerErrors', {
      runbook: 'auth/AuthorizerErrors',
      firstLook: 'logs auth --since 15m',
      description: 'The authorizer function fails. API Gateway answers each affected call with 500.',
      metric: authorizer.errors,
      threshold: 0,
      periods: 2,
    }).alarm;
    const throttles = new GatewayAlarm(this, 'AuthorizerThrottles', {
      runbook: 'auth/AuthorizerThrottles',
      firstLook: 'logs auth --since 15m',
      description:
        'Lambda throttles the authorizer because its concurrency is exhausted. API Gateway answers the affected calls with 500.',
      metric: authorizer.throttles,
      threshold: 0,
      periods: 2,
    }).alarm;
    const unavailable = new GatewayAlarm(this, 'AuthorizerUnavailable', {
      runbook: 'auth/AuthorizerUnavailable',
      firstLook: `logs public-api --since 15m --filter '{ $.decision = "unavailable" }'`,
      description:
        'The authorizer answers calls with 503 because a dependency of the decision does not respond.',
      metric: decisions.decisions('unavailable'),
      threshold: 10,
      periods: 3,
    }).alarm;
    this.all = [this.errors, throttles, unavailable];
  }
}
