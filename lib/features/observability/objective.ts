import { Duration } from 'aws-cdk-lib';
import { AlarmRule, CompositeAlarm, type IAlarm, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmDescription, physicalAlarmName } from './alarm-text.ts';
import { GatewayAlarm } from './gateway-alarm.ts';

/**
 * Burn rates of an error budget of four weeks, from the "Site Reliability Workbook", chapter 5: 2 % of the budget in an
 * hour or 5 % in six hours page now; 10 % in a day is a ticket for working hours. The short window, a twelfth of the
 * long one, ends the alarm soon after the fault.
 */
const burnRates = [
  { name: 'FastBurn', factor: 14.4, hours: 1, pages: true },
  { name: 'MediumBurn', factor: 6, hours: 6, pages: true },
  { name: 'SlowBurn', factor: 3, hours: 24, pages: false },
] as const;

/** A window with fewer calls raises no alarm. */
const minCalls = 60;

export interface ObjectiveProps {
  /** Receives the slow burn. */
  readonly warnings: ITopic;
  /** The objective in words, such as `99.9 % of the calls are not answered 5xx`. */
  readonly statement: string;
  readonly runbook: string;
  /** Percentage of the calls that must meet the objective. */
  readonly percent: number;
  /** Percentage of the calls of a window that missed the objective; 0 for fewer calls than `minimum`. */
  readonly failedPercent: (window: Duration, minimum: number) => IMetric;
}

/**
 * A service level objective and the alarms on the burn rate of its error budget, each over a long and a short window.
 * The construct's id, such as `AvailabilityObjective`, begins the names of the alarms.
 */
export class Objective extends Construct {
  /** Alarms that must page: callers are affected. They have no topic here. */
  readonly pagingAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: ObjectiveProps) {
    super(scope, id);
    const { failedPercent, percent, statement, runbook } = props;
    const budgetPercent = 100 - percent;
    const pagingAlarms: IAlarm[] = [];
    for (const { name, factor, hours, pages } of burnRates) {
      const description = `Objective: ${statement}. The error budget of four weeks burns ${factor} times too fast.`;
      const over = (window: Duration) => {
        const alarm = `${name}${window.toMinutes()}m`;
        return new GatewayAlarm(this, alarm, {
          name: `${id}${alarm}`,
          runbook,
          description: `${description} Window: ${window.toHumanString()}.`,
          metric: failedPercent(window, minCalls),
          threshold: Number((factor * budgetPercent).toFixed(3)),
          periods: 1,
        }).alarm;
      };
      const burn = new CompositeAlarm(this, name, {
        compositeAlarmName: physicalAlarmName(this, `${id}${name}`),
        alarmDescription: alarmDescription(this, { name: `${id}${name}`, description, runbook }),
        alarmRule: AlarmRule.allOf(over(Duration.hours(hours)), over(Duration.minutes(hours * 5))),
      });
      if (pages) pagingAlarms.push(burn);
      else burn.addAlarmAction(new SnsAction(props.warnings));
    }
    this.pagingAlarms = pagingAlarms;
  }
}
