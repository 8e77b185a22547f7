import { Duration } from 'aws-cdk-lib';
import { AlarmRule, CompositeAlarm, type IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { type GatewayAlarmProps, withRunbook } from './gateway-alarm.ts';

export interface AlarmGroupProps extends Pick<GatewayAlarmProps, 'description' | 'runbook' | 'topic'> {
  /** One to a hundred; any of them raises the group. */
  readonly alarms: readonly IAlarm[];
  /** While this one is raised the group is not told: whoever has to know has heard the cause. @default - none */
  readonly suppressedBy?: IAlarm | undefined;
}

/** A cause may show a little after what follows from it, and what follows may end a little after its cause. */
const suppressorWaitPeriod = Duration.minutes(2);
const suppressorExtensionPeriod = Duration.minutes(10);

/** Alarms of one trouble, which is told once: with the first of them, and when all are over. */
export class AlarmGroup extends Construct {
  readonly alarm: IAlarm;

  constructor(scope: Construct, id: string, props: AlarmGroupProps) {
    super(scope, id);
    const { alarms, suppressedBy, topic } = props;
    const group = new CompositeAlarm(this, 'Group', {
      alarmDescription: withRunbook(props),
      alarmRule: AlarmRule.anyOf(...alarms),
      ...(suppressedBy === undefined
        ? {}
        : {
            actionsSuppressor: suppressedBy,
            actionsSuppressorWaitPeriod: suppressorWaitPeriod,
            actionsSuppressorExtensionPeriod: suppressorExtensionPeriod,
          }),
    });
    if (topic !== undefined) {
      const tell = new SnsAction(topic);
      group.addAlarmAction(tell);
      group.addOkAction(tell);
    }
    this.alarm = group;
  }
}
