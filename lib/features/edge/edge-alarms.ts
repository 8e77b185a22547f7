import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import { edgeMetric, minCallsPerMinute } from '../observability/service-level-metrics.ts';
import { webAclMetric } from './web-acl/web-acl-metrics.ts';

export interface EdgeAlarmsProps {
  readonly topic: ITopic;
  readonly distributionId: string;
  /** Name of its firewall. */
  readonly webAclName: string;
}

/** What somebody must hear of the edge. It reports in us-east-1 only, so it has alarms of its own there. */
export class EdgeAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { topic, distributionId, webAclName: firewall }: EdgeAlarmsProps,
  ) {
    super(scope, id);
    const minutely = { period: Duration.minutes(1) };
    const fiveMinutes = { period: Duration.minutes(5) };
    const edge = (name: string, statistic: string) => edgeMetric(distributionId, name, statistic);
    const requests = edge('Requests', 'Sum');
    new GatewayAlarm(this, 'EdgeServerErrors', {
      topic,
      runbook: 'edge/EdgeServerErrors',
      description: `More than 5 % of at least ${minCallsPerMinute} answers a minute of the edge were 5xx.`,
      metric: new MathExpression({
        ...minutely,
        label: '5xx percent',
        expression: `IF(requests >= ${minCallsPerMinute}, rate, 0)`,
        usingMetrics: { requests, rate: edge('5xxErrorRate', 'Average') },
      }),
      threshold: 5,
      periods: 5,
    });
    new GatewayAlarm(this, 'OriginLatencyHigh', {
      topic,
      runbook: 'edge/OriginLatencyHigh',
      description: 'One answer in twenty took the origin over a second to begin, seen from the edge.',
      metric: new MathExpression({
        ...minutely,
        label: 'p95 of the origin, ms',
        expression: `IF(requests >= ${minCallsPerMinute}, latency, 0)`,
        usingMetrics: { requests, latency: edge('OriginLatency', 'p95') },
      }),
      threshold: 1_000,
      periods: 10,
    });
    const inFiveMinutes = (name: 'AllowedRequests' | 'BlockedRequests') =>
      webAclMetric(name, { webAclName: firewall }).with(fiveMinutes);
    new GatewayAlarm(this, 'WafBlockRateHigh', {
      topic,
      runbook: 'edge/WafBlockRateHigh',
      description: 'The firewall refuses more than a fifth of at least 1 000 calls in five minutes.',
      metric: new MathExpression({
        ...fiveMinutes,
        label: 'blocked, percent',
        expression:
          'IF(FILL(blocked, 0) + FILL(allowed, 0) >= 1000, 100 * FILL(blocked, 0) / (FILL(blocked, 0) + FILL(allowed, 0)), 0)',
        usingMetrics: {
          blocked: inFiveMinutes('BlockedRequests'),
          allowed: inFiveMinutes('AllowedRequests'),
        },
      }),
      threshold: 20,
      periods: 2,
    });
  }
}
