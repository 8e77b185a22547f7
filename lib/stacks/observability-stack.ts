import { Stack, type StackProps } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type Configuration, ownLimitNames } from '../config/index.ts';
import { AlarmTopic } from '../constructs/alarm-topic.ts';
import { BusinessAlarms } from '../constructs/business-alarms.ts';
import { businessMetrics } from '../constructs/business-metrics.ts';
import { businessRows } from '../constructs/business-rows.ts';
import { decisionMetrics } from '../constructs/decision-metrics.ts';
import { GatewayAlarm, type GatewayAlarmProps } from '../constructs/gateway-alarm.ts';
import { GatewayDashboard } from '../constructs/gateway-dashboard.ts';
import { MeteringAlarms } from '../constructs/metering-alarms.ts';
import { meteringMetrics } from '../constructs/metering-metrics.ts';
import {
  functionMetrics,
  gatewayMetrics,
  type MonitoredService,
  serviceMetrics,
} from '../constructs/metrics.ts';
import { planDriftMetric } from '../constructs/plan-sync.ts';
import { WebhookAlarms } from '../constructs/webhook-alarms.ts';
import { webhookMetrics } from '../constructs/webhook-metrics.ts';
import type { ApiStack } from './api-stack.ts';
import type { EdgeStack } from './edge-stack.ts';
import type { EventsStack } from './events-stack.ts';
import type { ServiceStack } from './service-stack.ts';

export interface ObservabilityStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly api: ApiStack;
  readonly services: ServiceStack;
  /** Services and their canary deployments, by name. */
  readonly monitored: Readonly<Record<string, MonitoredService>>;
  readonly edge: EdgeStack;
  readonly events: EventsStack;
}

/** What the store sells in (ISO 4217). */
const storeCurrency = 'EUR';

/** Alarms, their topic, and the dashboard. */
export class ObservabilityStack extends Stack {
  /** What tells that a change of the runtime policy was a bad one. */
  readonly policyAlarms: readonly IAlarm[];

  constructor(
    scope: Construct,
    id: string,
    { configuration, api, services, monitored, edge, events, ...props }: ObservabilityStackProps,
  ) {
    super(scope, id, { description: 'Alarms, their topic and the dashboard.', ...props });
    const { environment } = configuration;
    const { topic } = new AlarmTopic(this, 'AlarmTopic', environment.alarms);
    const decisions = decisionMetrics(environment.name);
    const gateway = gatewayMetrics(api.gateway.stage);
    const auth = functionMetrics(api.authFunction.function);

    const alarm = (id: string, alarmProps: Omit<GatewayAlarmProps, 'topic'>) =>
      new GatewayAlarm(this, id, { topic, ...alarmProps });
    const serverErrors = alarm('ServerErrors', {
      runbook: 'server-errors',
      description:
        'More than 1 % of at least 20 requests a minute ended in 5xx. Look at the access log by service and ' +
        'integrationStatus.',
      metric: gateway.serverErrorPercent(20),
      threshold: 1,
      periods: 5,
    });
    alarm('SlowAnswers', {
      runbook: 'slow-answers',
      description:
        'One request in twenty took over a second. Compare latency with integration latency: the difference is ours.',
      metric: gateway.latencyMs('p95'),
      threshold: 1_000,
      periods: 5,
    });
    const authorizerErrors = alarm('AuthorizerErrors', {
      runbook: 'authorizer-errors',
      description:
        'The authorizer failed, and each failure is a 500 to a caller. Look at its log for the first error.',
      metric: auth.errors,
      threshold: 0,
      periods: 2,
    });
    this.policyAlarms = [serverErrors.alarm, authorizerErrors.alarm];
    alarm('AuthorizerThrottles', {
      runbook: 'authorizer-throttles',
      description:
        'Lambda refused to run the authorizer for want of concurrency. Raise functions.auth.reservedConcurrency.',
      metric: auth.throttles,
      threshold: 0,
      periods: 2,
    });
    alarm('UndecidedCalls', {
      runbook: 'undecided-calls',
      description: 'Calls are refused because the store of limits does not answer. Look at the cache.',
      metric: decisions.decisions('unavailable'),
      threshold: 10,
      periods: 3,
    });
    alarm('StoreFailures', {
      runbook: 'store-failures',
      description:
        'The store of limits does not answer: each instance counts alone, and some routes are refused. Look at the cache.',
      metric: decisions.storeFailures,
      threshold: 10,
      periods: 3,
    });
    alarm('PartnerPlanDrift', {
      runbook: 'partner-plan-drift',
      description:
        'A plan holds at the store door and not at the partner door, and half an hour of attempts has not mended it. ' +
        'Look at the log of the function that compares them.',
      metric: planDriftMetric(environment.name),
      threshold: 0,
      periods: 2,
    });
    for (const [name, service] of Object.entries(monitored)) {
      alarm(`UnhealthyTargets-${name}`, {
        runbook: 'unhealthy-targets',
        description: `A task of "${name}" fails its health check. Look at its log and its last deployment.`,
        metric: serviceMetrics(service).unhealthyTargets,
        threshold: 0,
        periods: 5,
      });
    }

    const webhooks = webhookMetrics(environment.name, api.webhooks);
    new WebhookAlarms(this, 'Webhooks', { topic, metrics: webhooks });
    const metering = meteringMetrics(environment.name, events.metering);
    new MeteringAlarms(this, 'Metering', { topic, metrics: metering });
    const business = businessMetrics(environment.name, events.business);
    new BusinessAlarms(this, 'Business', { topic, metrics: business });

    new GatewayDashboard(this, 'Dashboard', {
      name: `gatehouse-${environment.name}`,
      gateway,
      decisions,
      limits: [...Object.keys(configuration.catalogue.limits), ...ownLimitNames],
      functions: { auth, aggregation: functionMetrics(api.aggregationFunction.function) },
      webhooks,
      loadBalancer: services.loadBalancer,
      services: monitored,
      distributionId: edge.distribution.distributionId,
      businessRows: businessRows(business, metering, storeCurrency),
    });
  }
}
