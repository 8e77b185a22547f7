import { Duration } from 'aws-cdk-lib';
import type { IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from './alarm-group.ts';
import type { DecisionMetrics } from './decision-metrics.ts';
import { GatewayAlarm, type GatewayAlarmProps } from './gateway-alarm.ts';
import { type FunctionMetrics, type GatewayMetrics, minCallsPerMinute } from './metrics.ts';
import { Objective } from './objective.ts';

export interface DoorAlarmsProps {
  readonly warnings: ITopic;
  readonly critical: ITopic;
  /** Raised while what the gateway rests on is away, and told apart. */
  readonly beneath: IAlarm;
  readonly store: GatewayMetrics;
  readonly partner: GatewayMetrics;
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
export class DoorAlarms extends Construct {
  /** Callers are affected: the one that calls somebody. */
  readonly affected: IAlarm;
  /** Raised when the cause, or the effect on callers, has been told already. */
  readonly told: IAlarm;
  /** What tells that a change of the runtime policy was a bad one. */
  readonly policyAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: DoorAlarmsProps) {
    super(scope, id);
    const { warnings, critical, store, partner, decisions, auth, objectives, beneath } = props;
    const alarm = (id: string, of: Omit<GatewayAlarmProps, 'topic'>): IAlarm =>
      new GatewayAlarm(this, id, of).alarm;

    const { availabilityPercent, latency } = objectives;
    const urgent = [
      new Objective(this, 'Availability', {
        warnings,
        runbook: 'availability-objective',
        promise: `${availabilityPercent} % of the calls are not answered 5xx`,
        percent: availabilityPercent,
        failedPercent: store.failedPercent,
      }),
      new Objective(this, 'Latency', {
        warnings,
        runbook: 'latency-objective',
        promise: `${latency.percent} % of the calls are answered within ${latency.withinMs} ms`,
        percent: latency.percent,
        failedPercent: (window, minimum) => store.slowPercent(latency.withinMs, window, minimum),
      }),
    ].flatMap((objective) => objective.urgent);
    if (props.expectsTraffic) {
      urgent.push(
        alarm('NoTraffic', {
          runbook: 'no-traffic',
          description: 'Nobody has called for a quarter of an hour.',
          metric: sumOver(store.requests, Duration.minutes(5)),
          threshold: 1,
          when: 'under',
          periods: 3,
          silence: 'fault',
        }),
      );
    }
    this.affected = new AlarmGroup(this, 'Affected', {
      topic: critical,
      runbook: 'callers-affected',
      description: 'Callers are affected.',
      alarms: urgent,
    }).alarm;
    this.told = new AlarmGroup(this, 'Told', {
      runbook: 'beneath',
      description: 'Somebody has been told of the cause, or called. This one quiets what follows.',
      alarms: [this.affected, beneath],
    }).alarm;

    const serverErrors = alarm('ServerErrors', {
      runbook: 'server-errors',
      description: `More than 5 % of at least ${minCallsPerMinute} calls a minute ended in 5xx.`,
      metric: store.serverErrorPercent,
      threshold: 5,
      periods: 2,
    });
    const authorizerErrors = alarm('AuthorizerErrors', {
      runbook: 'authorizer-errors',
      description:
        'The authorizer failed, and each failure is a 500 to a caller. Look at its log for the first error.',
      metric: auth.errors,
      threshold: 0,
      periods: 2,
    });
    this.policyAlarms = [serverErrors, authorizerErrors];
    new AlarmGroup(this, 'StoreDoor', {
      topic: warnings,
      runbook: 'store-door',
      description: 'Callers of the store door begin to notice something.',
      toldBy: this.told,
      alarms: [
        serverErrors,
        authorizerErrors,
        slowAnswers(alarm, 'SlowAnswers', store),
        alarm('AuthorizerThrottles', {
          runbook: 'authorizer-throttles',
          description: 'Lambda refused to run the authorizer for want of concurrency.',
          metric: auth.throttles,
          threshold: 0,
          periods: 2,
        }),
        alarm('UndecidedCalls', {
          runbook: 'undecided-calls',
          description: 'Calls are refused because something that a decision needs does not answer.',
          metric: decisions.decisions('unavailable'),
          threshold: 10,
          periods: 3,
        }),
      ],
    });
    new AlarmGroup(this, 'PartnerDoor', {
      topic: warnings,
      runbook: 'partner-door',
      description: 'Callers of the partner door begin to notice something.',
      toldBy: this.told,
      alarms: [
        alarm('PartnerServerErrors', {
          runbook: 'partner-door',
          description: `More than 5 % of at least ${minCallsPerMinute} calls a minute of partners ended in 5xx.`,
          metric: partner.serverErrorPercent,
          threshold: 5,
          periods: 2,
        }),
        slowAnswers(alarm, 'PartnerSlowAnswers', partner, 'partner-door'),
      ],
    });
  }
}

function slowAnswers(
  alarm: (id: string, of: Omit<GatewayAlarmProps, 'topic'>) => IAlarm,
  id: string,
  door: GatewayMetrics,
  runbook = 'slow-answers',
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
