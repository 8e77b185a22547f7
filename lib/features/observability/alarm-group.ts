import { Duration } from 'aws-cdk-lib';
import { AlarmRule, CompositeAlarm, type IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { alarmDescription, physicalAlarmName } from './alarm-text.ts';
import type { GatewayAlarmProps } from './gateway-alarm.ts';

export interface AlarmGroupProps
  extends Pick<GatewayAlarmProps, 'name' | 'description' | 'runbook' | 'firstLook' | 'topic'> {
  /** One to a hundred alarms; any of them raises the group. */
  readonly alarms: readonly IAlarm[];
  /** The group sends no message while this alarm, its cause, is raised. @default none */
  readonly suppressedBy?: IAlarm | undefined;
}

/** A cause may be detected after its consequences, and may end before them. */
const suppressorWaitPeriod = Duration.minutes(2);
const suppressorExtensionPeriod = Duration.minutes(10);

/** Alarms with one notification: when the first of them is raised, and when all have ended. */
export class AlarmGroup extends Construct {
  readonly alarm: IAlarm;

  constructor(scope: Construct, id: string, props: AlarmGroupProps) {
    super(scope, id);
    const { alarms, name = id, suppressedBy, topic } = props;
    const group = new CompositeAlarm(this, 'Group', {
      compositeAlarmName: physicalAlarmName(this, name),
      alarmDescription: alarmDescription(this, { ...props, name }),
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
      const notify = new SnsAction(topic);
      group.addAlarmAction(notify);
      group.addOkAction(notify);
    }
    this.alarm = group;
  }
}
