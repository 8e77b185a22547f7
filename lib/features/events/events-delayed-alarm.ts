import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';

export interface EventsDelayedAlarmProps {
  readonly topic: ITopic;
  /** Alarms on delays of webhooks, metering and business events. */
  readonly alarms: readonly IAlarm[];
  /** Raised while the brokers or another dependency are down. */
  readonly suppressedBy: IAlarm;
}

/** One notification for all consumers of events that are late. */
export class EventsDelayedAlarm extends AlarmGroup {
  constructor(scope: Construct, id: string, { topic, alarms, suppressedBy }: EventsDelayedAlarmProps) {
    super(scope, id, {
      topic,
      runbook: 'events/EventsDelayed',
      description:
        'Webhooks, access log lines or business events are delayed. Nothing is lost; payments are confirmed late and usage is out of date.',
      alarms,
      suppressedBy,
    });
  }
}
