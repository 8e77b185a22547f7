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
  /** Raised while a dependency of the gateway is down. */
  readonly dependencyDown: IAlarm;
  readonly publicApi: GatewayMetrics;
  readonly partnerApi: GatewayMetrics;
  readonly decisions: DecisionMetrics;
  readonly auth: FunctionMetrics;
  readonly objectives: {
    readonly availabilityPercent: number;
    readonly latency: { readonly percent: number; readonly withinMs: number };
  };
  /** Whether no traffic is a fault. */
  readonly expectsTraffic: boolean;
}

/**
 * Alarms of the public and the partner API. CustomerImpact pages when the objectives are at risk or traffic stops.
 * The other alarms are warnings, which are suppressed while CustomerImpact or a dependency's alarm is raised.
 */
export class ApiAlarms extends Construct {
  /** Callers are affected: the alarm that pages. */
  readonly customerImpact: IAlarm;
  /** Raised while CustomerImpact or DependencyDown is raised; suppresses alarms that follow from them. */
  readonly downstreamSuppressor: IAlarm;
  /** Alarms that roll back a deployment of the runtime policy. */
  readonly policyRollbackAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: ApiAlarmsProps) {
    super(scope, id);
    const { warnings, critical, partnerApi, dependencyDown } = props;
    this.customerImpact = new AlarmGroup(this, 'CustomerImpact', {
      topic: critical,
      runbook: 'observability/CustomerImpact',
      description:
        'Callers of the public API are affected: errors or slow responses burn the error budget, or traffic has stopped.',
      alarms: this.#pagingAlarms(props),
    }).alarm;
    this.downstreamSuppressor = new AlarmGroup(this, 'DownstreamSuppressor', {
      runbook: 'observability/DependencyDown',
      description: 'Never notifies. Suppresses the alarms that follow from CustomerImpact or DependencyDown.',
      alarms: [this.customerImpact, dependencyDown],
    }).alarm;

    const { serverErrors, authorizerErrors, others } = this.#publicApiAlarms(props);
    this.policyRollbackAlarms = [serverErrors, authorizerErrors];
    new AlarmGroup(this, 'PublicApiDegraded', {
      topic: warnings,
      runbook: 'public-api/PublicApiDegraded',
      description:
        'The public API has errors, slow responses, or a failing authorizer. Some shoppers are affected.',
      suppressedBy: this.downstreamSuppressor,
      alarms: [serverErrors, authorizerErrors, ...others],
    });
    new AlarmGroup(this, 'PartnerApiDegraded', {
      topic: warnings,
      runbook: 'partner-api/PartnerApiDegraded',
      description: 'The partner API has errors or slow responses. Partners are affected.',
      suppressedBy: this.downstreamSuppressor,
      alarms: this.#partnerApiAlarms(partnerApi),
    });
  }

  #pagingAlarms({ warnings, publicApi, objectives, expectsTraffic }: ApiAlarmsProps): IAlarm[] {
    const { availabilityPercent, latency } = objectives;
    const alarms = [
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
    if (expectsTraffic) {
      alarms.push(
        this.#alarm('NoTraffic', {
          runbook: 'public-api/NoTraffic',
          description: 'The public API has had no call for 15 minutes. The shop is probably unreachable.',
          metric: sumOver(publicApi.requests, Duration.minutes(5)),
          threshold: 1,
          when: 'under',
          periods: 3,
          treatMissingData: 'breaching',
        }),
      );
    }
    return alarms;
  }

  #publicApiAlarms({ publicApi, auth, decisions }: ApiAlarmsProps) {
    const serverErrors = this.#alarm('PublicApiServerErrors', {
      runbook: 'public-api/PublicApiServerErrors',
      firstLook: `logs public-api --since 15m --filter '{ $.status = "5*" }'`,
      description: `More than 5 % of the calls of the public API end in 5xx (at least ${minCallsPerMinute} a minute). Shoppers see errors. A policy rollout in progress is rolled back.`,
      metric: publicApi.serverErrorPercent,
      threshold: 5,
      periods: 2,
    });
    const authorizerErrors = this.#alarm('AuthorizerErrors', {
      runbook: 'auth/AuthorizerErrors',
      firstLook: 'logs auth --since 15m',
      description: 'The authorizer function fails. API Gateway answers each affected call with 500.',
      metric: auth.errors,
      threshold: 0,
      periods: 2,
    });
    return {
      serverErrors,
      authorizerErrors,
      others: [
        this.#latencyAlarm('PublicApiLatencyHigh', publicApi, 'public-api/PublicApiLatencyHigh'),
        this.#alarm('AuthorizerThrottles', {
          runbook: 'auth/AuthorizerThrottles',
          firstLook: 'logs auth --since 15m',
          description:
            'Lambda throttles the authorizer because its concurrency is exhausted. API Gateway answers the affected calls with 500.',
          metric: auth.throttles,
          threshold: 0,
          periods: 2,
        }),
        this.#alarm('AuthorizerUnavailable', {
          runbook: 'auth/AuthorizerUnavailable',
          firstLook: `logs public-api --since 15m --filter '{ $.decision = "unavailable" }'`,
          description:
            'The authorizer answers calls with 503 because a dependency of the decision does not respond.',
          metric: decisions.decisions('unavailable'),
          threshold: 10,
          periods: 3,
        }),
      ],
    };
  }

  #partnerApiAlarms(partnerApi: GatewayMetrics): IAlarm[] {
    return [
      this.#alarm('PartnerApiServerErrors', {
        runbook: 'partner-api/PartnerApiDegraded',
        firstLook: `logs partner-api --since 15m --filter '{ $.status = "5*" }'`,
        description: `More than 5 % of the calls of the partner API end in 5xx (at least ${minCallsPerMinute} a minute). Partners see errors.`,
        metric: partnerApi.serverErrorPercent,
        threshold: 5,
        periods: 2,
      }),
      this.#latencyAlarm('PartnerApiLatencyHigh', partnerApi, 'partner-api/PartnerApiDegraded'),
    ];
  }

  #latencyAlarm(id: string, { p95Ms }: GatewayMetrics, runbook: string): IAlarm {
    return this.#alarm(id, {
      runbook,
      description: 'The p95 response time of the API is over 500 ms. Callers wait.',
      metric: p95Ms,
      threshold: 500,
      periods: 5,
    });
  }

  #alarm(id: string, props: Omit<GatewayAlarmProps, 'topic'>): IAlarm {
    return new GatewayAlarm(this, id, props).alarm;
  }
}

function sumOver(requests: GatewayMetrics['requests'], period: Duration): IMetric {
  return requests.with({ period, statistic: 'Sum' });
}
