import { Duration } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from './alarm-group.ts';
import type { ApiMetrics } from './api-metrics.ts';
import { GatewayAlarm } from './gateway-alarm.ts';
import { Objective } from './objective.ts';

/** Service level objectives of the public API. */
export interface Objectives {
  /** Percentage of the calls that must not end in 5xx. */
  readonly availabilityPercent: number;
  /** `percent` of the calls must be answered within `withinMs`. */
  readonly latency: { readonly percent: number; readonly withinMs: number };
}

export interface CustomerImpactProps {
  readonly warnings: ITopic;
  readonly critical: ITopic;
  /** Raised while a dependency of the gateway is down. */
  readonly dependencyDown: IAlarm;
  readonly publicApi: ApiMetrics;
  readonly objectives: Objectives;
  /** Whether no traffic is a fault. */
  readonly expectsTraffic: boolean;
}

/**
 * The alarm that pages: the objectives of the public API are at risk, or traffic has stopped. The alarms of features
 * that follow from it, or from a dependency that is down, are suppressed.
 */
export class CustomerImpact extends Construct {
  /** Callers are affected: the alarm that pages. */
  readonly alarm: IAlarm;
  /** Raised while CustomerImpact or DependencyDown is raised; suppresses alarms that follow from them. */
  readonly downstreamSuppressor: IAlarm;

  constructor(scope: Construct, id: string, props: CustomerImpactProps) {
    super(scope, id);
    this.alarm = new AlarmGroup(this, 'CustomerImpact', {
      topic: props.critical,
      runbook: 'observability/CustomerImpact',
      description:
        'Callers of the public API are affected: errors or slow responses burn the error budget, or traffic has stopped.',
      alarms: [...this.#objectiveAlarms(props), ...(props.expectsTraffic ? [this.#noTraffic(props)] : [])],
    }).alarm;
    this.downstreamSuppressor = new AlarmGroup(this, 'DownstreamSuppressor', {
      runbook: 'observability/DependencyDown',
      description: 'Never notifies. Suppresses the alarms that follow from CustomerImpact or DependencyDown.',
      alarms: [this.alarm, props.dependencyDown],
    }).alarm;
  }

  #objectiveAlarms({ warnings, publicApi, objectives }: CustomerImpactProps): IAlarm[] {
    const { availabilityPercent, latency } = objectives;
    return [
      new Objective(this, 'AvailabilityObjective', {
        warnings,
        runbook: 'observability/AvailabilityObjective',
        statement: `${availabilityPercent} % of the calls are not answered 5xx`,
        percent: availabilityPercent,
        failedPercent: publicApi.failedPercent,
      }),
      new Objective(this, 'LatencyObjective', {
        warnings,
        runbook: 'observability/LatencyObjective',
        statement: `${latency.percent} % of the calls are answered within ${latency.withinMs} ms`,
        percent: latency.percent,
        failedPercent: (window, minimum) => publicApi.slowPercent(latency.withinMs, window, minimum),
      }),
    ].flatMap((objective) => objective.pagingAlarms);
  }

  #noTraffic({ publicApi }: CustomerImpactProps): IAlarm {
    return new GatewayAlarm(this, 'NoTraffic', {
      runbook: 'public-api/NoTraffic',
      description: 'The public API has had no call for 15 minutes. The shop is probably unreachable.',
      metric: publicApi.requests.with({ period: Duration.minutes(5), statistic: 'Sum' }),
      threshold: 1,
      when: 'under',
      periods: 3,
      treatMissingData: 'breaching',
    }).alarm;
  }
}
