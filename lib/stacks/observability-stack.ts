import { Duration, type StackProps } from 'aws-cdk-lib';
import { type IAlarm, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type Configuration, ownLimitNames } from '../config/index.ts';
import { AccessLogContributors } from '../constructs/access-log-contributors.ts';
import { AlarmGroup } from '../constructs/alarm-group.ts';
import { BusinessAlarms } from '../constructs/business-alarms.ts';
import { businessMetrics } from '../constructs/business-metrics.ts';
import { businessRows } from '../constructs/business-rows.ts';
import { decisionMetrics } from '../constructs/decision-metrics.ts';
import { DeploymentFailures } from '../constructs/deployment-failures.ts';
import { DoorAlarms } from '../constructs/door-alarms.ts';
import { FunctionAlarms } from '../constructs/function-alarms.ts';
import { GatewayAlarm } from '../constructs/gateway-alarm.ts';
import { GatewayDashboard } from '../constructs/gateway-dashboard.ts';
import { gatewayRows } from '../constructs/gateway-rows.ts';
import { MeteringAlarms } from '../constructs/metering-alarms.ts';
import { meteringMetrics } from '../constructs/metering-metrics.ts';
import {
  functionMetrics,
  gatewayMetrics,
  type MonitoredService,
  minCallsPerMinute,
} from '../constructs/metrics.ts';
import { planDriftMetric } from '../constructs/plan-sync.ts';
import { platformRows } from '../constructs/platform-rows.ts';
import { SavedQueries } from '../constructs/saved-queries.ts';
import type { ServiceFunction } from '../constructs/service-function.ts';
import { WebhookAlarms } from '../constructs/webhook-alarms.ts';
import { webhookMetrics } from '../constructs/webhook-metrics.ts';
import type { AlertsStack } from './alerts-stack.ts';
import type { ApiStack } from './api-stack.ts';
import { balancedServices } from './balanced-services.ts';
import type { EdgeStack } from './edge-stack.ts';
import type { EventsStack } from './events-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { PartnerStack } from './partner-stack.ts';
import type { ServiceStack } from './service-stack.ts';

export interface ObservabilityStackProps extends StackProps {
  readonly configuration: Configuration;
  /** Of the account, whatever the region. */
  readonly dashboardName: string;
  readonly alerts: AlertsStack;
  readonly api: ApiStack;
  readonly partner: PartnerStack;
  readonly services: ServiceStack;
  /** Services and their canary deployments, by name. */
  readonly monitored: Readonly<Record<string, MonitoredService>>;
  readonly edge: EdgeStack;
  readonly events: EventsStack;
}

/** What the store sells in (ISO 4217). */
const storeCurrency = 'EUR';

/** The alarms of doors, functions and the shop, what one asks of the access logs, and the dashboard. */
export class ObservabilityStack extends GatewayStack {
  /** What tells that a change of the runtime policy was a bad one. */
  readonly policyAlarms: readonly IAlarm[];

  constructor(
    scope: Construct,
    id: string,
    {
      configuration,
      dashboardName,
      alerts,
      api,
      partner,
      services,
      monitored,
      edge,
      events,
      ...props
    }: ObservabilityStackProps,
  ) {
    super(scope, id, { description: 'Alarms, saved queries and the dashboard.', ...props });
    const { catalogue, environment } = configuration;
    const { objectives } = environment;
    const name = `gatehouse-${environment.name}`;
    const { warnings: topic, critical, beneath } = alerts;
    const decisions = decisionMetrics(environment.name);
    const store = gatewayMetrics(api.gateway.stage);
    const partnerDoor = gatewayMetrics(partner.restApi.deploymentStage);

    const doors = new DoorAlarms(this, 'Doors', {
      warnings: topic,
      critical,
      beneath,
      store,
      partner: partnerDoor,
      decisions,
      auth: functionMetrics(api.authFunction.function),
      objectives,
      expectsTraffic: environment.alarms.expectsTraffic,
    });
    this.policyAlarms = doors.policyAlarms;

    const functions = watchedFunctions(api, partner, events);
    for (const [word, { watched, minCalls }] of Object.entries(functions)) {
      new FunctionAlarms(this, `Function-${word}`, {
        topic,
        toldBy: doors.told,
        name: word,
        function: watched,
        minCalls,
      });
    }
    new GatewayAlarm(this, 'AccountConcurrency', {
      topic,
      runbook: 'account-concurrency',
      description: 'The account runs over 80 % of the functions that it may run at the same time.',
      metric: accountConcurrencyPercent,
      threshold: 80,
      periods: 5,
    });
    new GatewayAlarm(this, 'RejectedConnections', {
      topic,
      runbook: 'rejected-connections',
      description: 'The load balancer refuses connections: it has as many as it takes.',
      metric: services.loadBalancer.metrics.rejectedConnectionCount({ period: Duration.minutes(1) }),
      threshold: 0,
      periods: 3,
    });
    new DeploymentFailures(this, 'Deployments', { topic, clusterName: services.cluster.clusterName });
    const planDrift = planDriftMetric(environment.name);
    new GatewayAlarm(this, 'PartnerPlanDrift', {
      topic,
      runbook: 'partner-plan-drift',
      description:
        'A plan holds at the store door and not at the partner door, and half an hour of attempts has not mended it. ' +
        'Look at the log of the function that compares them.',
      metric: planDrift,
      threshold: 0,
      periods: 2,
    });

    const webhooks = webhookMetrics(environment.name, api.webhooks);
    const metering = meteringMetrics(environment.name, events.metering);
    const business = businessMetrics(environment.name, events.business);
    const ofEvents = [
      new WebhookAlarms(this, 'Webhooks', { topic, metrics: webhooks }),
      new MeteringAlarms(this, 'Metering', { topic, metrics: metering }),
      new BusinessAlarms(this, 'Business', { topic, critical, metrics: business }),
    ];
    new AlarmGroup(this, 'EventsWait', {
      topic,
      runbook: 'events-wait',
      description: 'Webhooks, lines of the access log or business events wait.',
      alarms: ofEvents.flatMap(({ followers }) => followers),
      toldBy: beneath,
    });

    new SavedQueries(this, 'Queries', {
      folder: name,
      accessLog: api.gateway.accessLogs,
      partnerAccessLog: partner.accessLogs,
    });
    const contributors = new AccessLogContributors(this, 'Contributors', {
      namePrefix: name,
      accessLog: api.gateway.accessLogs,
    });
    new GatewayDashboard(this, 'Dashboard', {
      name: dashboardName,
      alarms: [doors.affected, beneath],
      store,
      objectives,
      rows: [
        ...gatewayRows({
          store,
          partner: partnerDoor,
          planDrift,
          decisions,
          limits: [...Object.keys(catalogue.limits), ...ownLimitNames],
          functions: Object.fromEntries(
            Object.entries(functions).map(([word, { watched }]) => [word, functionMetrics(watched.function)]),
          ),
          webhooks,
          distributionId: edge.distribution.distributionId,
          firewalls: { edge: name, partner: { name: partner.firewallName, region: this.region } },
        }),
        contributors.widgets('throttled-clients', 'top-callers', 'plans'),
        contributors.widgets('top-routes', 'failing-routes'),
        ...platformRows({
          loadBalancer: services.loadBalancer,
          services: monitored,
          store: alerts.store,
          database: alerts.database,
          brokers: alerts.brokers,
          topics: Object.keys(catalogue.topics),
          consumers: balancedServices(catalogue).flatMap(([group, service]) =>
            service.kind === 'fargate' ? service.consumes.map((topic) => ({ group, topic })) : [],
          ),
        }),
        ...businessRows(business, metering, storeCurrency),
      ],
    });
  }
}

interface Watched {
  readonly watched: ServiceFunction;
  /** Undefined: its failures have an alarm of their own. */
  readonly minCalls: number | undefined;
}

/** Every function that works without being asked by a deployment, by its name on the dashboard. */
function watchedFunctions(
  api: ApiStack,
  partner: PartnerStack,
  events: EventsStack,
): Readonly<Record<string, Watched>> {
  return {
    auth: { watched: api.authFunction, minCalls: undefined },
    aggregation: { watched: api.aggregationFunction, minCalls: minCallsPerMinute },
    revocation: { watched: api.revocationFunction, minCalls: 1 },
    'partner-origin': { watched: partner.originFunction, minCalls: minCallsPerMinute },
    webhooks: { watched: api.webhooks.receiver, minCalls: undefined },
    'webhook-drain': { watched: api.webhooks.drain, minCalls: 1 },
    metering: { watched: events.metering.function, minCalls: undefined },
    events: { watched: events.business.function, minCalls: undefined },
  };
}

/** Of the account's quota in the region, which CloudWatch knows ("Visualizing your service quotas"). */
const accountConcurrencyPercent = new MathExpression({
  period: Duration.minutes(1),
  label: 'of the quota, percent',
  expression: '100 * used / SERVICE_QUOTA(used)',
  usingMetrics: {
    used: new Metric({
      period: Duration.minutes(1),
      namespace: 'AWS/Usage',
      metricName: 'ResourceCount',
      dimensionsMap: { Service: 'Lambda', Type: 'Resource', Resource: 'ConcurrentExecutions', Class: 'None' },
      statistic: 'Maximum',
    }),
  },
});
