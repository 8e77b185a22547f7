import { graph, type Row, row } from '../observability/dashboard-row.ts';
import { edgeMetric } from './edge-metrics.ts';
import { type MeasuredWebAcl, webAclMetric } from './web-acl/web-acl-metrics.ts';

export interface EdgeDashboardRowsProps {
  readonly distributionId: string;
  readonly edgeWebAcl: MeasuredWebAcl;
  readonly partnerWebAcl: MeasuredWebAcl;
}

/** Dashboard rows of the CloudFront distribution, and of the web ACLs of the edge and of the partner API. */
export function edgeDashboardRows({
  distributionId,
  edgeWebAcl,
  partnerWebAcl,
}: EdgeDashboardRowsProps): Row[] {
  const edge = (metricName: string, statistic: string, label: string) =>
    edgeMetric(distributionId, metricName, statistic).with({ label });
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
        webAclMetric('AllowedRequests', edgeWebAcl),
        webAclMetric('BlockedRequests', edgeWebAcl),
        webAclMetric('CountedRequests', edgeWebAcl),
      ]),
      graph('WAF: partner API', [
        webAclMetric('AllowedRequests', partnerWebAcl),
        webAclMetric('BlockedRequests', partnerWebAcl),
      ]),
    ),
  ];
}
