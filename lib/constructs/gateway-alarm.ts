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

export interface GatewayAlarmProps {
  /** Where it is told, when it is raised and when it is over. */
  readonly topic: ITopic;
  /** What it means to the shop and what to look at first. */
  readonly description: string;
  /** Its page in `docs/runbooks`, without the ending. */
  readonly runbook: string;
  readonly metric: IMetric;
  /** Raised when the metric is over this. */
  readonly threshold: number;
  /** Of the metric's periods, in a row. */
  readonly periods: number;
}

/** An alarm that somebody hears of. No data is no fault: a gateway without traffic is well. */
export class GatewayAlarm extends Construct {
  readonly alarm: IAlarm;

  constructor(scope: Construct, id: string, props: GatewayAlarmProps) {
    super(scope, id);
    const alarm = new Alarm(this, 'Alarm', {
      alarmDescription: `${props.description} Runbook: docs/runbooks/${props.runbook}.md`,
      metric: props.metric,
      threshold: props.threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: props.periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const tell = new SnsAction(props.topic);
    alarm.addAlarmAction(tell);
    alarm.addOkAction(tell);
    this.alarm = alarm;
  }
}
