import { Duration, type StackProps } from 'aws-cdk-lib';
import { type IAlarm, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { loadBalancedServices } from '../compile/load-balanced-services.ts';
import { builtInLimitNames, type Configuration } from '../config/index.ts';
import { decisionMetrics } from '../features/auth/decision-metrics.ts';
import { BusinessAlarms } from '../features/events/business-alarms.ts';
import { businessDashboardRows } from '../features/events/business-dashboard-rows.ts';
import { businessMetrics } from '../features/events/business-metrics.ts';
import { FunctionAlarms } from '../features/functions/function-alarms.ts';
import type { GatewayFunction } from '../features/functions/gateway-function.ts';
import { MeteringAlarms } from '../features/metering/metering-alarms.ts';
import { meteringMetrics } from '../features/metering/metering-metrics.ts';
import { AlarmGroup } from '../features/observability/alarm-group.ts';
import { ApiAlarms } from '../features/observability/api-alarms.ts';
import { GatewayAlarm } from '../features/observability/gateway-alarm.ts';
import { GatewayDashboard } from '../features/observability/gateway-dashboard.ts';
import { gatewayDashboardRows } from '../features/observability/gateway-dashboard-rows.ts';
import { platformDashboardRows } from '../features/observability/platform-dashboard-rows.ts';
import { SavedQueries } from '../features/observability/saved-queries.ts';
import {
  functionMetrics,
  gatewayMetrics,
  type MonitoredService,
  minCallsPerMinute,
} from '../features/observability/service-level-metrics.ts';
import { planDriftMetric } from '../features/partner-api/usage-plan-sync.ts';
import { AccessLogInsightRules } from '../features/public-api/access-log-insight-rules.ts';
import { DeploymentFailures } from '../features/services/deployment-failures.ts';
import { WebhookAlarms } from '../features/webhooks/webhook-alarms.ts';
import { webhookMetrics } from '../features/webhooks/webhook-metrics.ts';
import type { AlertsStack } from './alerts-stack.ts';
import type { ApiStack } from './api-stack.ts';
import type { ClusterStack } from './cluster-stack.ts';
import type { EdgeStack } from './edge-stack.ts';
import type { EventsStack } from './events-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { PartnerStack } from './partner-stack.ts';

export interface ObservabilityStackProps extends StackProps {
  readonly configuration: Configuration;
  /** Of the account, whatever the region. */
  readonly dashboardName: string;
  readonly alerts: AlertsStack;
  readonly api: ApiStack;
  readonly partner: PartnerStack;
  readonly cluster: ClusterStack;
  /** Services and their canary deployments, by name. */
  readonly monitored: Readonly<Record<string, MonitoredService>>;
  readonly edge: EdgeStack;
  readonly events: EventsStack;
}

/** What the store sells in (ISO 4217). */
const shopCurrency = 'EUR';

/** The alarms of doors, functions and the shop, what one asks of the access logs, and the dashboard. */
export class ObservabilityStack extends GatewayStack {
  /** What tells that a change of the runtime policy was a bad one. */
  readonly policyRollbackAlarms: readonly IAlarm[];

  constructor(
    scope: Construct,
    id: string,
    {
      configuration,
      dashboardName,
      alerts,
      api,
      partner,
      cluster: services,
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
    const { warnings: topic, critical, dependencyDown: beneath } = alerts;
    const decisions = decisionMetrics(environment.name);
    const store = gatewayMetrics(api.publicApi.stage);
    const partnerDoor = gatewayMetrics(partner.restApi.deploymentStage);

    const doors = new ApiAlarms(this, 'Apis', {
      warnings: topic,
      critical,
      dependencyDown: beneath,
      publicApi: store,
      partnerApi: partnerDoor,
      decisions,
      auth: functionMetrics(api.authFunction.function),
      objectives,
      expectsTraffic: environment.alarms.expectsTraffic,
    });
    this.policyRollbackAlarms = doors.policyRollbackAlarms;

    const functions = monitoredFunctions(api, partner, events);
    for (const [word, { watched, minCalls }] of Object.entries(functions)) {
      new FunctionAlarms(this, `Function-${word}`, {
        topic,
        suppressedBy: doors.downstreamSuppressor,
        name: word,
        function: watched,
        minCalls,
      });
    }
    new GatewayAlarm(this, 'AccountConcurrencyHigh', {
      topic,
      runbook: 'functions/AccountConcurrencyHigh',
      description:
        'The account uses over 80 % of its Lambda concurrency in this region. At 100 % Lambda throttles functions without reserved concurrency.',
      metric: accountConcurrencyPercent,
      threshold: 80,
      periods: 5,
    });
    new GatewayAlarm(this, 'RejectedConnections', {
      topic,
      runbook: 'services/RejectedConnections',
      description:
        'The load balancer rejects connections because it has reached its maximum. Callers get 503.',
      metric: services.loadBalancer.metrics.rejectedConnectionCount({ period: Duration.minutes(1) }),
      threshold: 0,
      periods: 3,
    });
    new DeploymentFailures(this, 'ServiceDeployments', { topic, clusterName: services.cluster.clusterName });
    const planDrift = planDriftMetric(environment.name);
    new GatewayAlarm(this, 'PartnerPlanDrift', {
      topic,
      runbook: 'partner-api/PartnerPlanDrift',
      description:
        'A plan of the partner API differs from the plan of the public API, and half an hour of retries did not correct it. ' +
        'Partners on the plan have other limits than sold.',
      firstLook: `logs partner-plans --since 1h --filter '{ $.level = "error" }'`,
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
    new AlarmGroup(this, 'EventsDelayed', {
      topic,
      runbook: 'events/EventsDelayed',
      description:
        'Webhooks, access log lines or business events are delayed. Nothing is lost; payments are confirmed late and usage is out of date.',
      alarms: ofEvents.flatMap(({ delayAlarms: followers }) => followers),
      suppressedBy: beneath,
    });

    new SavedQueries(this, 'Queries', {
      folder: name,
      publicAccessLog: api.publicApi.accessLogs,
      partnerAccessLog: partner.accessLogs,
    });
    const contributors = new AccessLogInsightRules(this, 'Contributors', {
      namePrefix: name,
      accessLog: api.publicApi.accessLogs,
    });
    new GatewayDashboard(this, 'Dashboard', {
      name: dashboardName,
      alarms: [doors.customerImpact, beneath],
      publicApi: store,
      objectives,
      rows: [
        ...gatewayDashboardRows({
          publicApi: store,
          partnerApi: partnerDoor,
          planDrift,
          decisions,
          limits: [...Object.keys(catalogue.limits), ...builtInLimitNames],
          functions: Object.fromEntries(
            Object.entries(functions).map(([word, { watched }]) => [word, functionMetrics(watched.function)]),
          ),
          webhooks,
          distributionId: edge.distribution.distributionId,
          webAcls: { edge: name, partner: { name: partner.webAclName, region: this.region } },
        }),
        contributors.widgets('throttled-clients', 'top-callers', 'plans'),
        contributors.widgets('top-routes', 'failing-routes'),
        ...platformDashboardRows({
          loadBalancer: services.loadBalancer,
          services: monitored,
          limitStore: alerts.limitStore,
          database: alerts.database,
          brokers: alerts.brokers,
          topics: Object.keys(catalogue.topics),
          consumers: loadBalancedServices(catalogue).flatMap(([group, service]) =>
            service.kind === 'fargate' ? service.consumes.map((topic) => ({ group, topic })) : [],
          ),
        }),
        ...businessDashboardRows(business, metering, shopCurrency),
      ],
    });
  }
}

interface MonitoredFunction {
  readonly watched: GatewayFunction;
  /** Undefined: its failures have an alarm of their own. */
  readonly minCalls: number | undefined;
}

/** Every function that works without being asked by a deployment, by its name on the dashboard. */
function monitoredFunctions(
  api: ApiStack,
  partner: PartnerStack,
  events: EventsStack,
): Readonly<Record<string, MonitoredFunction>> {
  return {
    auth: { watched: api.authFunction, minCalls: undefined },
    aggregation: { watched: api.aggregationFunction, minCalls: minCallsPerMinute },
    revocation: { watched: api.revocationFunction, minCalls: 1 },
    'partner-origin': { watched: partner.originAuthorizerFunction, minCalls: minCallsPerMinute },
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
