import { Duration } from 'aws-cdk-lib';
import type { IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { DecisionMetrics } from '../auth/decision-metrics.ts';
import { AlarmGroup } from './alarm-group.ts';
import { GatewayAlarm, type GatewayAlarmProps } from './gateway-alarm.ts';
import { Objective } from './objective.ts';
import { type FunctionMetrics, type GatewayMetrics, minCallsPerMinute } from './service-level-metrics.ts';

export interface ApiAlarmsProps {
  readonly warnings: ITopic;
  readonly critical: ITopic;
  /** Raised while what the gateway rests on is away, and told apart. */
  readonly dependencyDown: IAlarm;
  readonly publicApi: GatewayMetrics;
  readonly partnerApi: GatewayMetrics;
  readonly decisions: DecisionMetrics;
  readonly auth: FunctionMetrics;
  readonly objectives: {
    readonly availabilityPercent: number;
    readonly latency: { readonly percent: number; readonly withinMs: number };
  };
  /** Whether no call at all is a fault. */
  readonly expectsTraffic: boolean;
}

/**
 * What callers notice. Who is on call is called once, when the objectives are at stake or nobody calls any more; what
 * else shows at the doors is a warning, and is not told while one of these has been.
 */
export class ApiAlarms extends Construct {
  /** Callers are affected: the one that calls somebody. */
  readonly customerImpact: IAlarm;
  /** Raised when the cause, or the effect on callers, has been told already. */
  readonly downstreamSuppressor: IAlarm;
  /** What tells that a change of the runtime policy was a bad one. */
  readonly policyRollbackAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: ApiAlarmsProps) {
    super(scope, id);
    const {
      warnings,
      critical,
      publicApi: store,
      partnerApi: partner,
      decisions,
      auth,
      objectives,
      dependencyDown: beneath,
    } = props;
    const alarm = (id: string, of: Omit<GatewayAlarmProps, 'topic'>): IAlarm =>
      new GatewayAlarm(this, id, of).alarm;

    const { availabilityPercent, latency } = objectives;
    const urgent = [
      new Objective(this, 'AvailabilityObjective', {
        warnings,
        runbook: 'observability/AvailabilityObjective',
        statement: `${availabilityPercent} % of the calls are not answered 5xx`,
        percent: availabilityPercent,
        failedPercent: store.failedPercent,
      }),
      new Objective(this, 'LatencyObjective', {
        warnings,
        runbook: 'observability/LatencyObjective',
        statement: `${latency.percent} % of the calls are answered within ${latency.withinMs} ms`,
        percent: latency.percent,
        failedPercent: (window, minimum) => store.slowPercent(latency.withinMs, window, minimum),
      }),
    ].flatMap((objective) => objective.pagingAlarms);
    if (props.expectsTraffic) {
      urgent.push(
        alarm('NoTraffic', {
          runbook: 'public-api/NoTraffic',
          description: 'Nobody has called for a quarter of an hour.',
          metric: sumOver(store.requests, Duration.minutes(5)),
          threshold: 1,
          when: 'under',
          periods: 3,
          treatMissingData: 'breaching',
        }),
      );
    }
    this.customerImpact = new AlarmGroup(this, 'CustomerImpact', {
      topic: critical,
      runbook: 'observability/CustomerImpact',
      description: 'Callers are affected.',
      alarms: urgent,
    }).alarm;
    this.downstreamSuppressor = new AlarmGroup(this, 'DownstreamSuppressor', {
      runbook: 'observability/DependencyDown',
      description: 'Somebody has been told of the cause, or called. This one quiets what follows.',
      alarms: [this.customerImpact, beneath],
    }).alarm;

    const serverErrors = alarm('PublicApiServerErrors', {
      runbook: 'public-api/PublicApiServerErrors',
      description: `More than 5 % of at least ${minCallsPerMinute} calls a minute ended in 5xx.`,
      metric: store.serverErrorPercent,
      threshold: 5,
      periods: 2,
    });
    const authorizerErrors = alarm('AuthorizerErrors', {
      runbook: 'auth/AuthorizerErrors',
      description:
        'The authorizer failed, and each failure is a 500 to a caller. Look at its log for the first error.',
      metric: auth.errors,
      threshold: 0,
      periods: 2,
    });
    this.policyRollbackAlarms = [serverErrors, authorizerErrors];
    new AlarmGroup(this, 'PublicApiDegraded', {
      topic: warnings,
      runbook: 'public-api/PublicApiDegraded',
      description: 'Callers of the public API begin to notice something.',
      suppressedBy: this.downstreamSuppressor,
      alarms: [
        serverErrors,
        authorizerErrors,
        latencyAlarm(alarm, 'PublicApiLatencyHigh', store),
        alarm('AuthorizerThrottles', {
          runbook: 'auth/AuthorizerThrottles',
          description: 'Lambda refused to run the authorizer for want of concurrency.',
          metric: auth.throttles,
          threshold: 0,
          periods: 2,
        }),
        alarm('AuthorizerUnavailable', {
          runbook: 'auth/AuthorizerUnavailable',
          description: 'Calls are refused because something that a decision needs does not answer.',
          metric: decisions.decisions('unavailable'),
          threshold: 10,
          periods: 3,
        }),
      ],
    });
    new AlarmGroup(this, 'PartnerApiDegraded', {
      topic: warnings,
      runbook: 'partner-api/PartnerApiDegraded',
      description: 'Callers of the partner API begin to notice something.',
      suppressedBy: this.downstreamSuppressor,
      alarms: [
        alarm('PartnerApiServerErrors', {
          runbook: 'partner-api/PartnerApiDegraded',
          description: `More than 5 % of at least ${minCallsPerMinute} calls a minute of partners ended in 5xx.`,
          metric: partner.serverErrorPercent,
          threshold: 5,
          periods: 2,
        }),
        latencyAlarm(alarm, 'PartnerApiLatencyHigh', partner, 'partner-api/PartnerApiDegraded'),
      ],
    });
  }
}

function latencyAlarm(
  alarm: (id: string, of: Omit<GatewayAlarmProps, 'topic'>) => IAlarm,
  id: string,
  door: GatewayMetrics,
  runbook = 'public-api/PublicApiLatencyHigh',
): IAlarm {
  return alarm(id, {
    runbook,
    description:
      'One call in twenty took over half a second. Compare latency with its part behind the gateway.',
    metric: door.p95Ms,
    threshold: 500,
    periods: 5,
  });
}

function sumOver(requests: GatewayMetrics['requests'], period: Duration): IMetric {
  return requests.with({ period, statistic: 'Sum' });
}
