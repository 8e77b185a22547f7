import { Duration } from 'aws-cdk-lib';
import { AlarmRule, CompositeAlarm, type IAlarm, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm, withRunbook } from './gateway-alarm.ts';

/**
 * How fast an error budget of four weeks may burn, by the "Site Reliability Workbook", chapter 5: 2 % of it in an hour
 * or 5 % in six are for now, 10 % in a day are for office hours. The short window, a twelfth of the long one, ends the
 * alarm soon after the trouble.
 */
const burnRates = [
  { name: 'FastBurn', factor: 14.4, hours: 1, urgent: true },
  { name: 'MediumBurn', factor: 6, hours: 6, urgent: true },
  { name: 'SlowBurn', factor: 3, hours: 24, urgent: false },
] as const;

/** Fewer calls in a window tell nothing. */
const minCalls = 60;

export interface ObjectiveProps {
  /** Hears of the slow burn. */
  readonly warnings: ITopic;
  /** What is owed, in words. */
  readonly statement: string;
  readonly runbook: string;
  /** Part of the calls that must be well, in percent. */
  readonly percent: number;
  /** Part of the calls of a window that were not, in percent; 0 while there are fewer than `minimum`. */
  readonly failedPercent: (window: Duration, minimum: number) => IMetric;
}

/**
 * What the gateway owes its callers, and the alarms that tell when it is on the way to failing that: by how fast the
 * part that may fail is used up, measured over a long and a short window at once.
 */
export class Objective extends Construct {
  /** To be told at once: callers are affected. */
  readonly pagingAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: ObjectiveProps) {
    super(scope, id);
    const { failedPercent, percent, statement: promise, runbook } = props;
    const budgetPercent = 100 - percent;
    const urgent: IAlarm[] = [];
    for (const { name, factor, hours, urgent: isUrgent } of burnRates) {
      const threshold = Number((factor * budgetPercent).toFixed(3));
      const description = `${promise}: what may fail of it burns ${factor} times too fast.`;
      const over = (window: Duration) =>
        new GatewayAlarm(this, `${name}${window.toMinutes()}m`, {
          runbook,
          description: `${description} Over ${window.toHumanString()}.`,
          metric: failedPercent(window, minCalls),
          threshold,
          periods: 1,
        }).alarm;
      const burn = new CompositeAlarm(this, name, {
        alarmDescription: withRunbook({ description, runbook }),
        alarmRule: AlarmRule.allOf(over(Duration.hours(hours)), over(Duration.minutes(hours * 5))),
      });
      if (isUrgent) urgent.push(burn);
      else burn.addAlarmAction(new SnsAction(props.warnings));
    }
    this.pagingAlarms = urgent;
  }
}
