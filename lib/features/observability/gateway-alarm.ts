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
  /** Where it is told, when it is raised and when it is over. @default - by an alarm group that it is part of */
  readonly topic?: ITopic;
  /** What it means to the shop and what to look at first. */
  readonly description: string;
  /** Its page in `docs/runbooks`, without the ending. */
  readonly runbook: string;
  readonly metric: IMetric;
  /** Raised when the metric is over this, or under it. */
  readonly threshold: number;
  /** @default over */
  readonly when?: 'over' | 'under';
  /** Of the metric's periods, in a row. */
  readonly periods: number;
  /** What it means that there is no figure. @default - all is well: a gateway without traffic has no faults */
  readonly treatMissingData?: 'notBreaching' | 'breaching';
}

/** An alarm on one metric, or one figure made of several. */
export class GatewayAlarm extends Construct {
  readonly alarm: IAlarm;

  constructor(scope: Construct, id: string, props: GatewayAlarmProps) {
    super(scope, id);
    const alarm = new Alarm(this, 'Alarm', {
      alarmDescription: withRunbook(props),
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
      const tell = new SnsAction(props.topic);
      alarm.addAlarmAction(tell);
      alarm.addOkAction(tell);
    }
    this.alarm = alarm;
  }
}

/** What an alarm says of itself: its meaning, and where to read on. */
export function withRunbook({
  description,
  runbook,
}: Pick<GatewayAlarmProps, 'description' | 'runbook'>): string {
  return `${description} Runbook: docs/runbooks/${runbook}.md`;
}
