import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { decisions as decisionWords } from '../../lambda/shared/contract.ts';
import { graph, type Row, row } from './dashboard-graph.ts';
import type { DecisionMetrics } from './decision-metrics.ts';
import { firewallMetric } from './firewall-metrics.ts';
import { edgeMetric, type FunctionMetrics, type GatewayMetrics } from './metrics.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface GatewayRowsProps {
  readonly store: GatewayMetrics;
  readonly partner: GatewayMetrics;
  readonly planDrift: IMetric;
  readonly decisions: DecisionMetrics;
  /** Names of all limits. */
  readonly limits: readonly string[];
  readonly functions: Readonly<Record<string, FunctionMetrics>>;
  readonly webhooks: WebhookMetrics;
  readonly distributionId: string;
  readonly firewalls: {
    readonly edge: string;
    readonly partner: { readonly name: string; readonly region: string };
  };
}

/** The gateway itself, in the order in which a request passes it: edge, doors, decisions, limits, functions. */
export function gatewayRows(props: GatewayRowsProps): Row[] {
  return [
    ...edgeRows(props),
    doorRow('Store door', props.store),
    doorRow('Partner door', props.partner),
    decisionRow(props),
    limitRow(props),
    functionRow(props.functions),
    webhookRow(props.webhooks),
  ];
}

function edgeRows({ distributionId, firewalls }: GatewayRowsProps): Row[] {
  const edge = (metricName: string, statistic: string, label: string) =>
    edgeMetric(distributionId, metricName, statistic).with({ label });
  const at = { firewall: firewalls.edge };
  const partner = { firewall: firewalls.partner.name, region: firewalls.partner.region };
  return [
    row(
      graph('Edge: requests', [edge('Requests', 'Sum', 'requests')]),
      graph('Edge: errors, percent', [
        edge('4xxErrorRate', 'Average', '4xx'),
        edge('5xxErrorRate', 'Average', '5xx'),
      ]),
      graph('Edge: answered from its cache, percent', [edge('CacheHitRate', 'Average', 'hits')]),
      graph('Edge: the origin, ms', [
        edge('OriginLatency', 'p50', 'p50'),
        edge('OriginLatency', 'p95', 'p95'),
      ]),
    ),
    row(
      graph('Firewall of the edge', [
        firewallMetric('AllowedRequests', at),
        firewallMetric('BlockedRequests', at),
        firewallMetric('CountedRequests', at),
      ]),
      graph('Firewall of the partner door', [
        firewallMetric('AllowedRequests', partner),
        firewallMetric('BlockedRequests', partner),
      ]),
    ),
  ];
}

function doorRow(door: string, metrics: GatewayMetrics): Row {
  return row(
    graph(`${door}: requests and errors`, [metrics.requests, metrics.clientErrors, metrics.serverErrors]),
    graph(`${door}: 5xx, percent`, [metrics.serverErrorPercent]),
    graph(`${door}: latency and its part behind the gateway, ms`, [
      metrics.latencyMs('p50'),
      metrics.latencyMs('p95'),
      metrics.integrationLatencyMs('p50'),
      metrics.integrationLatencyMs('p95'),
    ]),
    graph(`${door}: added by the gateway to an average call, ms`, [metrics.addedMs]),
  );
}

function decisionRow({ decisions, planDrift }: GatewayRowsProps): Row {
  return row(
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
    ]),
    graph('Policy: refused, not asked, plans apart', [
      decisions.policiesRefused,
      decisions.policyPollFailures,
      planDrift,
    ]),
  );
}

function limitRow({ decisions, limits }: GatewayRowsProps): Row {
  return row(
    graph('Limits: near their end (80 %)', limits.map(decisions.nearLimit)),
    graph('Limits: refused', limits.map(decisions.overLimit)),
    graph('Limits in shadow: would have refused', limits.map(decisions.overInShadow)),
  );
}

function functionRow(functions: GatewayRowsProps['functions']): Row {
  const lines = (metricOf: (metrics: FunctionMetrics) => FunctionMetrics['errors']) =>
    Object.entries(functions).map(([name, metrics]) => metricOf(metrics).with({ label: name }));
  return row(
    graph(
      'Functions: calls',
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
      'Functions: at the same time',
      lines(({ concurrent }) => concurrent),
    ),
  );
}

function webhookRow(webhooks: WebhookMetrics): Row {
  return row(
    graph('Webhooks', [webhooks.accepted, webhooks.duplicates, webhooks.refused, webhooks.lost]),
    graph('Webhooks: what they rest on', [webhooks.fallbacks, webhooks.unclaimed, webhooks.drained]),
    graph('Webhooks: what waits', [webhooks.oldestSeconds, webhooks.drainFailures, webhooks.deadLetters]),
  );
}
