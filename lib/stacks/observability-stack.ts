import type { StackProps } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { loadBalancedServices } from '../compile/load-balanced-services.ts';
import { builtInLimitNames, type Catalogue, type Configuration } from '../config/index.ts';
import { AuthorizerAlarms } from '../features/auth/authorizer-alarms.ts';
import { decisionDashboardRows } from '../features/auth/decision-dashboard-rows.ts';
import { decisionMetrics } from '../features/auth/decision-metrics.ts';
import { databaseDashboardRow } from '../features/database/database-dashboard-row.ts';
import { edgeDashboardRows } from '../features/edge/edge-dashboard-rows.ts';
import { brokerDashboardRow, type TopicConsumer } from '../features/events/broker-dashboard-row.ts';
import { BusinessAlarms } from '../features/events/business-alarms.ts';
import { businessDashboardRows } from '../features/events/business-dashboard-rows.ts';
import { businessMetrics } from '../features/events/business-metrics.ts';
import { EventsDelayedAlarm } from '../features/events/events-delayed-alarm.ts';
import { AccountConcurrencyAlarm } from '../features/functions/account-concurrency-alarm.ts';
import { FunctionAlarms } from '../features/functions/function-alarms.ts';
import { functionDashboardRow } from '../features/functions/function-dashboard-row.ts';
import { functionMetrics } from '../features/functions/function-metrics.ts';
import type { GatewayFunction } from '../features/functions/gateway-function.ts';
import { limitStoreDashboardRow } from '../features/limit-store/limit-store-dashboard-row.ts';
import { MeteringAlarms } from '../features/metering/metering-alarms.ts';
import { meteringDashboardRows } from '../features/metering/metering-dashboard-rows.ts';
import { meteringMetrics } from '../features/metering/metering-metrics.ts';
import { apiDashboardRow } from '../features/observability/api-dashboard-row.ts';
import { apiMetrics, minCallsPerMinute } from '../features/observability/api-metrics.ts';
import { CustomerImpact } from '../features/observability/customer-impact.ts';
import type { Row } from '../features/observability/dashboard-row.ts';
import { GatewayDashboard } from '../features/observability/gateway-dashboard.ts';
import { SavedQueries } from '../features/observability/saved-queries.ts';
import { PartnerApiAlarms } from '../features/partner-api/partner-api-alarms.ts';
import { planDriftMetric } from '../features/partner-api/usage-plan-sync.ts';
import { AccessLogInsightRules } from '../features/public-api/access-log-insight-rules.ts';
import { PublicApiAlarms } from '../features/public-api/public-api-alarms.ts';
import { DeploymentFailures } from '../features/services/deployment-failures.ts';
import { RejectedConnectionsAlarm } from '../features/services/rejected-connections-alarm.ts';
import {
  loadBalancerDashboardRow,
  serviceDashboardRows,
} from '../features/services/service-dashboard-rows.ts';
import type { MonitoredService } from '../features/services/service-metrics.ts';
import { WebhookAlarms } from '../features/webhooks/webhook-alarms.ts';
import { webhookDashboardRow } from '../features/webhooks/webhook-dashboard-row.ts';
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
  /** Unique in the account, in all regions. */
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

/** Currency of the shop's revenue on the dashboard (ISO 4217). */
const shopCurrency = 'EUR';

/** Wires the features' alarms and dashboard rows together; adds the saved queries of the access logs. */
export class ObservabilityStack extends GatewayStack {
  /** Alarms that roll back a deployment of the runtime policy. */
  readonly policyRollbackAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, { description: 'Alarms, saved queries and the dashboard.', ...props });
    const { configuration, dashboardName, alerts, api, partner, cluster } = props;
    const { environment } = configuration;
    const { warnings: topic, critical, dependencyDown } = alerts;
    const metrics = gatewayMetrics(props);

    const impact = new CustomerImpact(this, 'Impact', {
      warnings: topic,
      critical,
      dependencyDown,
      publicApi: metrics.publicApi,
      objectives: environment.objectives,
      expectsTraffic: environment.alarms.expectsTraffic,
    });
    const suppressedBy = impact.downstreamSuppressor;
    const { authFunction } = api;
    const authorizer = new AuthorizerAlarms(this, 'Authorizer', {
      function: functionMetrics(authFunction.function),
      decisions: metrics.decisions,
    });
    const publicApi = new PublicApiAlarms(this, 'PublicApi', {
      topic,
      suppressedBy,
      metrics: metrics.publicApi,
      authorizerAlarms: authorizer.all,
    });
    this.policyRollbackAlarms = [publicApi.serverErrors, authorizer.errors];
    const { planDrift } = metrics;
    new PartnerApiAlarms(this, 'PartnerApi', { topic, suppressedBy, metrics: metrics.partnerApi, planDrift });
    for (const [name, { monitored, minCalls }] of Object.entries(monitoredFunctions(props))) {
      const watched = { name, function: monitored, minCalls };
      new FunctionAlarms(this, `Function-${name}`, { ...watched, topic, suppressedBy });
    }
    new AccountConcurrencyAlarm(this, 'AccountConcurrencyHigh', topic);
    const { loadBalancer } = cluster;
    new RejectedConnectionsAlarm(this, 'RejectedConnections', { topic, loadBalancer });
    new DeploymentFailures(this, 'ServiceDeployments', { topic, clusterName: cluster.cluster.clusterName });
    const consumers = [
      new WebhookAlarms(this, 'Webhooks', { topic, metrics: metrics.webhooks }),
      new MeteringAlarms(this, 'Metering', { topic, metrics: metrics.metering }),
      new BusinessAlarms(this, 'Business', { topic, critical, metrics: metrics.business }),
    ];
    const alarms = consumers.flatMap(({ delayAlarms }) => delayAlarms);
    new EventsDelayedAlarm(this, 'EventsDelayed', { topic, alarms, suppressedBy: dependencyDown });

    const folder = `gatehouse-${environment.name}`;
    const { accessLogs: accessLog } = api.publicApi;
    new SavedQueries(this, 'Queries', {
      folder,
      publicAccessLog: accessLog,
      partnerAccessLog: partner.accessLogs,
    });
    const contributors = new AccessLogInsightRules(this, 'Contributors', { namePrefix: folder, accessLog });
    new GatewayDashboard(this, 'Dashboard', {
      name: dashboardName,
      alarms: [impact.alarm, dependencyDown],
      publicApi: metrics.publicApi,
      objectives: environment.objectives,
      rows: dashboardRows(props, metrics, contributors),
    });
  }
}

type GatewayMetrics = ReturnType<typeof gatewayMetrics>;

/** Metrics of all features. */
function gatewayMetrics({ configuration, api, partner, events }: ObservabilityStackProps) {
  const { name } = configuration.environment;
  return {
    publicApi: apiMetrics(api.publicApi.stage),
    partnerApi: apiMetrics(partner.restApi.deploymentStage),
    planDrift: planDriftMetric(name),
    decisions: decisionMetrics(name),
    webhooks: webhookMetrics(name, api.webhooks),
    metering: meteringMetrics(name, events.metering),
    business: businessMetrics(name, events.business),
  };
}

/** Rows of the dashboard in the order in which a request passes: edge, APIs, decisions, functions, services, data, shop. */
function dashboardRows(
  props: ObservabilityStackProps,
  metrics: GatewayMetrics,
  contributors: AccessLogInsightRules,
): Row[] {
  const { configuration, alerts, partner, cluster, monitored, edge } = props;
  const { catalogue, environment } = configuration;
  const { limitStore, database, brokers } = alerts;
  const limits = [...Object.keys(catalogue.limits), ...builtInLimitNames];
  const functions = Object.entries(monitoredFunctions(props)).map(
    ([
      name,
      {
        monitored: { function: lambda },
      },
    ]) => [name, functionMetrics(lambda)] as const,
  );
  return [
    ...edgeDashboardRows({
      distributionId: edge.distribution.distributionId,
      edgeWebAcl: { webAclName: `gatehouse-${environment.name}` },
      partnerWebAcl: { webAclName: partner.webAclName, region: partner.region },
    }),
    apiDashboardRow('Public API', metrics.publicApi),
    apiDashboardRow('Partner API', metrics.partnerApi),
    ...decisionDashboardRows(metrics.decisions, metrics.planDrift, limits),
    functionDashboardRow(Object.fromEntries(functions)),
    webhookDashboardRow(metrics.webhooks),
    contributors.widgets('throttled-clients', 'top-callers', 'plans'),
    contributors.widgets('top-routes', 'failing-routes'),
    loadBalancerDashboardRow(cluster.loadBalancer),
    ...serviceDashboardRows(monitored),
    ...(limitStore === undefined ? [] : [limitStoreDashboardRow(limitStore)]),
    ...(database === undefined ? [] : [databaseDashboardRow(database)]),
    ...(brokers === undefined
      ? []
      : [brokerDashboardRow(brokers, Object.keys(catalogue.topics), topicConsumers(catalogue))]),
    ...businessDashboardRows(metrics.business, shopCurrency),
    ...meteringDashboardRows(metrics.metering),
  ];
}

/** The services that consume topics. The consumer group has the name of the service. */
function topicConsumers(catalogue: Catalogue): TopicConsumer[] {
  return loadBalancedServices(catalogue).flatMap(([group, service]) =>
    service.kind === 'fargate' ? service.consumes.map((topic) => ({ group, topic })) : [],
  );
}

interface MonitoredFunction {
  readonly monitored: GatewayFunction;
  /** Minimum invocations per minute of the error rate; undefined for a function whose errors have a separate alarm. */
  readonly minCalls: number | undefined;
}

/** All functions that requests, events or schedules invoke, by the name on the dashboard. */
function monitoredFunctions({
  api,
  partner,
  events,
}: ObservabilityStackProps): Readonly<Record<string, MonitoredFunction>> {
  return {
    auth: { monitored: api.authFunction, minCalls: undefined },
    aggregation: { monitored: api.aggregationFunction, minCalls: minCallsPerMinute },
    revocation: { monitored: api.revocationFunction, minCalls: 1 },
    'partner-origin': { monitored: partner.originAuthorizerFunction, minCalls: minCallsPerMinute },
    webhooks: { monitored: api.webhooks.receiver, minCalls: undefined },
    'webhook-drain': { monitored: api.webhooks.drain, minCalls: 1 },
    metering: { monitored: events.metering.function, minCalls: undefined },
    events: { monitored: events.business.function, minCalls: undefined },
  };
}
