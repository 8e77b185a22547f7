import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { minCallsPerMinute } from '../observability/api-metrics.ts';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import { edgeMetric } from './edge-metrics.ts';
import { webAclMetric } from './web-acl/web-acl-metrics.ts';

export interface EdgeAlarmsProps {
  readonly topic: ITopic;
  readonly distributionId: string;
  /** Name of the distribution's web ACL. */
  readonly webAclName: string;
}

/** Alarms of the edge. CloudFront reports its metrics in us-east-1 only, so the alarms are in that region. */
export class EdgeAlarms extends Construct {
  constructor(scope: Construct, id: string, { topic, distributionId, webAclName }: EdgeAlarmsProps) {
    super(scope, id);
    const minutely = { period: Duration.minutes(1) };
    const fiveMinutes = { period: Duration.minutes(5) };
    const edge = (name: string, statistic: string) => edgeMetric(distributionId, name, statistic);
    const requests = edge('Requests', 'Sum');
    new GatewayAlarm(this, 'EdgeServerErrors', {
      topic,
      runbook: 'edge/EdgeServerErrors',
      description: `More than 5 % of the responses of CloudFront are 5xx (at least ${minCallsPerMinute} requests a minute). Shoppers see errors.`,
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
      description:
        'The p95 of the time to the first byte from an origin is over one second. Pages and API calls are slow.',
      metric: new MathExpression({
        ...minutely,
        label: 'origin p95, ms',
        expression: `IF(requests >= ${minCallsPerMinute}, latency, 0)`,
        usingMetrics: { requests, latency: edge('OriginLatency', 'p95') },
      }),
      threshold: 1_000,
      periods: 10,
    });
    const inFiveMinutes = (name: 'AllowedRequests' | 'BlockedRequests') =>
      webAclMetric(name, { webAclName }).with(fiveMinutes);
    new GatewayAlarm(this, 'WafBlockRateHigh', {
      topic,
      runbook: 'edge/WafBlockRateHigh',
      description:
        'The WAF blocks over 20 % of the requests (at least 1,000 in five minutes). A flood is blocked, or a rule blocks shoppers.',
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
