import { Duration } from 'aws-cdk-lib';
import { type IAlarm, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm, type GatewayAlarmProps } from '../observability/gateway-alarm.ts';
import { functionMetrics } from '../observability/service-level-metrics.ts';
import type { GatewayFunction } from './gateway-function.ts';

export interface FunctionAlarmsProps {
  readonly topic: ITopic;
  readonly suppressedBy: IAlarm;
  readonly name: string;
  readonly function: GatewayFunction;
  /** Calls in a minute below which failed ones tell nothing; undefined where failures have an alarm of their own. */
  readonly minCalls: number | undefined;
}

/** What somebody must hear of one function: told once, whatever shows it first. */
export class FunctionAlarms extends Construct {
  constructor(scope: Construct, id: string, props: FunctionAlarmsProps) {
    super(scope, id);
    const { name, minCalls, function: watched } = props;
    const minutely = { period: Duration.minutes(1) };
    const { invocations, errors, throttles, durationMs, concurrent } = functionMetrics(watched.function);
    const alarm = (id: string, of: Omit<GatewayAlarmProps, 'topic' | 'runbook'>): IAlarm =>
      new GatewayAlarm(this, id, { ...of, runbook: 'functions/FunctionDegraded' }).alarm;

    const alarms = [
      alarm('NearTimeout', {
        description: `Calls of the function ${name} take over 80 % of its time-out.`,
        metric: durationMs('Maximum'),
        threshold: 0.8 * watched.timeout.toMilliseconds(),
        periods: 5,
      }),
    ];
    if (minCalls !== undefined) {
      alarms.push(
        alarm('Errors', {
          description: `More than 5 % of the calls of the function ${name} fail.`,
          metric: new MathExpression({
            ...minutely,
            label: 'failed, percent',
            expression: `IF(calls >= ${minCalls}, 100 * errors / calls, 0)`,
            usingMetrics: { calls: invocations, errors },
          }),
          threshold: 5,
          periods: 3,
        }),
        alarm('Throttles', {
          description: `Lambda refuses to run the function ${name} for want of concurrency.`,
          metric: throttles,
          threshold: 0,
          periods: 3,
        }),
      );
    }
    if (watched.reservedConcurrency !== undefined) {
      alarms.push(
        alarm('ConcurrencyHigh', {
          description: `The function ${name} has over 80 % of the concurrency that is reserved for it.`,
          metric: concurrent,
          threshold: 0.8 * watched.reservedConcurrency,
          periods: 5,
        }),
      );
    }
    if (watched.hasProvisionedConcurrency) {
      const spilled = watched.live.metric('ProvisionedConcurrencySpilloverInvocations', {
        ...minutely,
        statistic: 'Sum',
      });
      alarms.push(
        alarm('ProvisionedConcurrencySpillover', {
          description: `Over 10 % of the calls of the function ${name} find no warm instance.`,
          metric: new MathExpression({
            ...minutely,
            label: 'not warm, percent',
            expression: 'IF(calls >= 100, 100 * FILL(spilled, 0) / calls, 0)',
            usingMetrics: { calls: invocations, spilled },
          }),
          threshold: 10,
          periods: 15,
        }),
      );
    }
    new AlarmGroup(this, 'FunctionDegraded', {
      topic: props.topic,
      runbook: 'functions/FunctionDegraded',
      description: `The function ${name} is not well.`,
      alarms,
      suppressedBy: props.suppressedBy,
    });
  }
}
