import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { decisions as decisionWords } from '../../../runtime/contracts/gateway-contract.ts';
import type { DecisionMetrics } from '../auth/decision-metrics.ts';
import { webAclMetric } from '../edge/web-acl/web-acl-metrics.ts';
import type { WebhookMetrics } from '../webhooks/webhook-metrics.ts';
import { graph, type Row, row } from './dashboard-row.ts';
import { edgeMetric, type FunctionMetrics, type GatewayMetrics } from './service-level-metrics.ts';

export interface GatewayDashboardRowsProps {
  readonly publicApi: GatewayMetrics;
  readonly partnerApi: GatewayMetrics;
  readonly planDrift: IMetric;
  readonly decisions: DecisionMetrics;
  /** Names of all limits. */
  readonly limits: readonly string[];
  readonly functions: Readonly<Record<string, FunctionMetrics>>;
  readonly webhooks: WebhookMetrics;
  readonly distributionId: string;
  readonly webAcls: {
    readonly edge: string;
    readonly partner: { readonly name: string; readonly region: string };
  };
}

/** The gateway itself, in the order in which a request passes it: edge, doors, decisions, limits, functions. */
export function gatewayDashboardRows(props: GatewayDashboardRowsProps): Row[] {
  return [
    ...edgeRows(props),
    apiRow('Public API', props.publicApi),
    apiRow('Partner API', props.partnerApi),
    decisionRow(props),
    limitRow(props),
    functionRow(props.functions),
    webhookRow(props.webhooks),
  ];
}

function edgeRows({ distributionId, webAcls: firewalls }: GatewayDashboardRowsProps): Row[] {
  const edge = (metricName: string, statistic: string, label: string) =>
    edgeMetric(distributionId, metricName, statistic).with({ label });
  const at = { webAclName: firewalls.edge };
  const partner = { webAclName: firewalls.partner.name, region: firewalls.partner.region };
  return [
    row(
      graph('Edge: requests', [edge('Requests', 'Sum', 'requests')]),
      graph('Edge: errors, percent', [
        edge('4xxErrorRate', 'Average', '4xx'),
        edge('5xxErrorRate', 'Average', '5xx'),
      ]),
      graph('Edge: cache hit rate, percent', [edge('CacheHitRate', 'Average', 'hits')]),
      graph('Edge: origin latency, ms', [
        edge('OriginLatency', 'p50', 'p50'),
        edge('OriginLatency', 'p95', 'p95'),
      ]),
    ),
    row(
      graph('WAF: edge', [
        webAclMetric('AllowedRequests', at),
        webAclMetric('BlockedRequests', at),
        webAclMetric('CountedRequests', at),
      ]),
      graph('WAF: partner API', [
        webAclMetric('AllowedRequests', partner),
        webAclMetric('BlockedRequests', partner),
      ]),
    ),
  ];
}

function apiRow(api: string, metrics: GatewayMetrics): Row {
  return row(
    graph(`${api}: requests and errors`, [metrics.requests, metrics.clientErrors, metrics.serverErrors]),
    graph(`${api}: 5xx, percent`, [metrics.serverErrorPercent]),
    graph(`${api}: gateway and integration latency, ms`, [
      metrics.latencyMs('p50'),
      metrics.latencyMs('p95'),
      metrics.integrationLatencyMs('p50'),
      metrics.integrationLatencyMs('p95'),
    ]),
    graph(`${api}: average gateway overhead, ms`, [metrics.gatewayOverheadMs]),
  );
}

function decisionRow({ decisions, planDrift }: GatewayDashboardRowsProps): Row {
  return row(
    graph(
      'Decisions',
      decisionWords.map((word) => decisions.decisions(word)),
    ),
    graph('Decisions: limit store and quota recovery', [
      decisions.storeFailures,
      decisions.storeTimeouts,
      decisions.failOpen,
      decisions.quotasRebuilt,
      decisions.quotaRebuildFailures,
    ]),
    graph('Runtime policy: rejected, poll failures, plan drift', [
      decisions.policiesRefused,
      decisions.policyPollFailures,
      planDrift,
    ]),
  );
}

function limitRow({ decisions, limits }: GatewayDashboardRowsProps): Row {
  return row(
    graph('Limits: over 80 % used', limits.map(decisions.nearLimit)),
    graph('Limits: exceeded', limits.map(decisions.overLimit)),
    graph('Limits in shadow mode: exceeded', limits.map(decisions.shadowOverLimit)),
  );
}

function functionRow(functions: GatewayDashboardRowsProps['functions']): Row {
  const lines = (metricOf: (metrics: FunctionMetrics) => FunctionMetrics['errors']) =>
    Object.entries(functions).map(([name, metrics]) => metricOf(metrics).with({ label: name }));
  return row(
    graph(
      'Functions: invocations',
      lines(({ invocations }) => invocations),
    ),
    graph(
      'Functions: errors',
      lines(({ errors }) => errors),
    ),
    graph(
      'Functions: throttles',
      lines(({ throttles }) => throttles),
    ),
    graph(
      'Functions: p95, ms',
      lines(({ durationMs }) => durationMs('p95')),
    ),
    graph(
      'Functions: concurrent executions',
      lines(({ concurrent }) => concurrent),
    ),
  );
}

function webhookRow(webhooks: WebhookMetrics): Row {
  return row(
    graph('Webhooks', [webhooks.accepted, webhooks.duplicates, webhooks.refused, webhooks.lost]),
    graph('Webhooks: fallback queue', [webhooks.fallbacks, webhooks.unclaimed, webhooks.drained]),
    graph('Webhooks: backlog and failures', [
      webhooks.oldestSeconds,
      webhooks.drainFailures,
      webhooks.deadLetters,
    ]),
  );
}
