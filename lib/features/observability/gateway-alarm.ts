import {
  Alarm,
  ComparisonOperator,
  type IAlarm,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type AlarmText, alarmDescription, physicalAlarmName } from './alarm-text.ts';

export interface GatewayAlarmProps extends Omit<AlarmText, 'name'> {
  /** Name without the environment. @default the construct's id */
  readonly name?: string | undefined;
  /** Receives a message when the alarm is raised and when it ends. @default none: the alarm belongs to a group */
  readonly topic?: ITopic;
  readonly metric: IMetric;
  /** The alarm is raised when the metric is over this value, or under it. */
  readonly threshold: number;
  /** @default over */
  readonly when?: 'over' | 'under';
  /** Number of the metric's periods in a row. */
  readonly periods: number;
  /** State while the metric has no data. @default notBreaching: a gateway without traffic has no faults */
  readonly treatMissingData?: 'notBreaching' | 'breaching';
}

/** An alarm on one metric, or on one expression of several metrics. */
export class GatewayAlarm extends Construct {
  readonly alarm: IAlarm;

  constructor(scope: Construct, id: string, props: GatewayAlarmProps) {
    super(scope, id);
    const { name = id } = props;
    const alarm = new Alarm(this, 'Alarm', {
      alarmName: physicalAlarmName(this, name),
      alarmDescription: alarmDescription(this, { ...props, name }),
      metric: props.metric,
      threshold: props.threshold,
      comparisonOperator:
        props.when === 'under'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: props.periods,
      treatMissingData:
        props.treatMissingData === 'breaching' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    if (props.topic !== undefined) {
      const notify = new SnsAction(props.topic);
      alarm.addAlarmAction(notify);
      alarm.addOkAction(notify);
    }
    this.alarm = alarm;
  }
}
