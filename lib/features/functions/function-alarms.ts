import { Duration } from 'aws-cdk-lib';
import { type IAlarm, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
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
  /** Minimum invocations per minute of the error rate; undefined for a function whose errors have a separate alarm. */
  readonly minCalls: number | undefined;
}

/** Alarms of one Lambda function, with one notification for all. */
export class FunctionAlarms extends Construct {
  constructor(scope: Construct, id: string, props: FunctionAlarmsProps) {
    super(scope, id);
    const { name, minCalls, function: watched } = props;
    const { invocations, errors, throttles, durationMs, concurrent } = functionMetrics(watched.function);
    const firstLook = `logs ${name} --since 15m`;
    const alarm = (id: string, of: Omit<GatewayAlarmProps, 'topic' | 'runbook'>): IAlarm =>
      new GatewayAlarm(this, id, {
        ...of,
        name: `Function${id}-${name}`,
        runbook: 'functions/FunctionDegraded',
        firstLook,
      }).alarm;

    const alarms = [
      alarm('NearTimeout', {
        description: `The longest invocation of the function ${name} takes over 80 % of its timeout. Longer invocations fail.`,
        metric: durationMs('Maximum'),
        threshold: 0.8 * watched.timeout.toMilliseconds(),
        periods: 5,
      }),
    ];
    if (minCalls !== undefined) {
      alarms.push(
        alarm('Errors', {
          description: `More than 5 % of the invocations of the function ${name} fail.`,
          metric: new MathExpression({
            period: Duration.minutes(1),
            label: 'failed, percent',
            expression: `IF(calls >= ${minCalls}, 100 * errors / calls, 0)`,
            usingMetrics: { calls: invocations, errors },
          }),
          threshold: 5,
          periods: 3,
        }),
        alarm('Throttles', {
          description: `Lambda throttles the function ${name} because its concurrency is exhausted.`,
          metric: throttles,
          threshold: 0,
          periods: 3,
        }),
      );
    }
    if (watched.reservedConcurrency !== undefined) {
      alarms.push(
        alarm('ConcurrencyHigh', {
          description: `The function ${name} uses over 80 % of its reserved concurrency. Lambda throttles it at 100 %.`,
          metric: concurrent,
          threshold: 0.8 * watched.reservedConcurrency,
          periods: 5,
        }),
      );
    }
    if (watched.hasProvisionedConcurrency) {
      alarms.push(
        alarm('ProvisionedConcurrencySpillover', {
          description: `Over 10 % of the invocations of the function ${name} exceed its provisioned concurrency. They wait for cold starts.`,
          metric: spilloverPercent(watched.live, invocations),
          threshold: 10,
          periods: 15,
        }),
      );
    }
    new AlarmGroup(this, 'FunctionDegraded', {
      topic: props.topic,
      name: `FunctionDegraded-${name}`,
      runbook: 'functions/FunctionDegraded',
      firstLook,
      description: `The function ${name} has errors, throttles, slow invocations or too little concurrency. The runbook lists the impact by function.`,
      alarms,
      suppressedBy: props.suppressedBy,
    });
  }
}

/** Percentage of the invocations that exceed the provisioned concurrency; 0 for fewer than 100 a minute. */
function spilloverPercent(live: IFunction, calls: IMetric): IMetric {
  const period = Duration.minutes(1);
  const spilled = live.metric('ProvisionedConcurrencySpilloverInvocations', { period, statistic: 'Sum' });
  return new MathExpression({
    period,
    label: 'spillover, percent',
    expression: 'IF(calls >= 100, 100 * FILL(spilled, 0) / calls, 0)',
    usingMetrics: { calls, spilled },
  });
}
