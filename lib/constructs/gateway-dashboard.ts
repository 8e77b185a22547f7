import { Dashboard, GraphWidget, type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type ApplicationLoadBalancer, HttpCodeElb } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { decisions as decisionWords } from '../../lambda/shared/contract.ts';
import type { DecisionMetrics } from './decision-metrics.ts';
import {
  edgeMetric,
  type FunctionMetrics,
  type GatewayMetrics,
  type MonitoredService,
  serviceMetrics,
} from './metrics.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface GatewayDashboardProps {
  readonly name: string;
  readonly gateway: GatewayMetrics;
  readonly decisions: DecisionMetrics;
  /** Names of all limits. */
  readonly limits: readonly string[];
  readonly functions: Readonly<Record<string, FunctionMetrics>>;
  readonly webhooks: WebhookMetrics;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly services: Readonly<Record<string, MonitoredService>>;
  readonly distributionId: string;
  /** Of the shop, below all others. */
  readonly businessRows: readonly GraphWidget[][];
}

/** One screen, read from the top in the order of a request: edge, API, decisions, functions, load balancer, services. */
export class GatewayDashboard extends Construct {
  constructor(scope: Construct, id: string, props: GatewayDashboardProps) {
    super(scope, id);
    new Dashboard(this, 'Dashboard', {
      dashboardName: props.name,
      widgets: [
        edgeRow(props),
        apiRow(props.gateway),
        decisionRow(props),
        limitRow(props),
        Object.entries(props.functions).map(([name, metrics]) => functionGraph(name, metrics)),
        webhookRow(props.webhooks),
        loadBalancerRow(props.loadBalancer),
        serviceRow(props.services),
        ...props.businessRows,
      ],
    });
  }
}

function edgeRow({ distributionId }: GatewayDashboardProps): GraphWidget[] {
  const edge = (metricName: string, statistic: string) => edgeMetric(distributionId, metricName, statistic);
  return [
    graph('Edge: requests', [edge('Requests', 'Sum')]),
    graph('Edge: errors, percent', [edge('4xxErrorRate', 'Average'), edge('5xxErrorRate', 'Average')]),
  ];
}

function apiRow(gateway: GatewayMetrics): GraphWidget[] {
  return [
    graph('API: requests and errors', [gateway.requests, gateway.clientErrors, gateway.serverErrors]),
    graph('API: latency and its integration part, ms', [
      gateway.latencyMs('p50'),
      gateway.latencyMs('p95'),
      gateway.integrationLatencyMs('p50'),
      gateway.integrationLatencyMs('p95'),
    ]),
  ];
}

function decisionRow({ decisions }: GatewayDashboardProps): GraphWidget[] {
  return [
    graph(
      'Decisions',
      decisionWords.map((word) => decisions.decisions(word)),
    ),
    graph('Decisions: what they rest on', [
      decisions.storeFailures,
      decisions.storeTimeouts,
      decisions.failOpen,
      decisions.quotasRebuilt,
      decisions.quotaRebuildFailures,
      decisions.policiesRefused,
      decisions.policyPollFailures,
    ]),
  ];
}

function limitRow({ decisions, limits }: GatewayDashboardProps): GraphWidget[] {
  return [
    graph('Limits: near their end (80 %)', limits.map(decisions.nearLimit), 8),
    graph('Limits: refused', limits.map(decisions.overLimit), 8),
    graph('Limits in shadow: would have refused', limits.map(decisions.overInShadow), 8),
  ];
}

function webhookRow(webhooks: WebhookMetrics): GraphWidget[] {
  return [
    graph('Webhooks', [webhooks.accepted, webhooks.duplicates, webhooks.refused, webhooks.lost], 8),
    graph('Webhooks: what they rest on', [webhooks.fallbacks, webhooks.unclaimed, webhooks.drained], 8),
    graph('Webhooks: what waits', [webhooks.oldestSeconds, webhooks.drainFailures, webhooks.deadLetters], 8),
  ];
}

function functionGraph(name: string, metrics: FunctionMetrics): GraphWidget {
  return new GraphWidget({
    title: `Function ${name}`,
    left: [metrics.invocations, metrics.errors, metrics.throttles],
    right: [metrics.durationMs('p50'), metrics.durationMs('p99')],
    rightYAxis: { label: 'ms', min: 0 },
    width: 12,
  });
}

function loadBalancerRow({ metrics }: ApplicationLoadBalancer): GraphWidget[] {
  return [
    graph('Load balancer: requests, answered by itself, rejected', [
      metrics.requestCount({ label: 'requests' }),
      metrics.httpFixedResponseCount({ label: 'answered by itself' }),
      metrics.rejectedConnectionCount({ label: 'rejected' }),
    ]),
    graph('Load balancer: its own 5xx', [metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { label: '5xx' })]),
  ];
}

/** A line for each service in four graphs, so that a dashboard does not grow with the catalogue. */
function serviceRow(services: GatewayDashboardProps['services']): GraphWidget[] {
  const metrics = Object.entries(services).map(([name, service]) => ({ name, ...serviceMetrics(service) }));
  const lines = (metricOf: (of: (typeof metrics)[number]) => IMetric | undefined) =>
    metrics.flatMap((of) => {
      const metric = metricOf(of);
      return metric === undefined ? [] : [labelled(metric, of.name)];
    });
  return [
    graph(
      'Services: p95 answer, s',
      lines((of) => of.answerSeconds),
      6,
    ),
    graph(
      'Services: unhealthy targets',
      lines((of) => of.unhealthyTargets),
      6,
    ),
    graph(
      'Services: CPU, percent',
      lines((of) => of.cpuPercent),
      6,
    ),
    graph(
      'Services: memory, percent',
      lines((of) => of.memoryPercent),
      6,
    ),
  ];
}

function labelled(metric: IMetric, label: string): IMetric {
  return metric instanceof Metric || metric instanceof MathExpression ? metric.with({ label }) : metric;
}

function graph(title: string, left: IMetric[], width = 12): GraphWidget {
  return new GraphWidget({ title, left, leftYAxis: { min: 0 }, width });
}
