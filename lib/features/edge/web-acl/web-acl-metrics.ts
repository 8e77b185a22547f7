import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** A web ACL by name; with the region, except for the edge's. */
export interface MeasuredWebAcl {
  readonly webAclName: string;
  readonly region?: string;
}

/** Allowed, blocked or counted requests of a web ACL per minute, over all rules ("Monitoring with Amazon CloudWatch"). */
export function webAclMetric(
  metricName: 'AllowedRequests' | 'BlockedRequests' | 'CountedRequests',
  { webAclName: firewall, region }: MeasuredWebAcl,
): Metric {
  return new Metric({
    period: Duration.minutes(1),
    namespace: 'AWS/WAFV2',
    metricName,
    dimensionsMap: { WebACL: firewall, Rule: 'ALL', ...(region === undefined ? {} : { Region: region }) },
    statistic: 'Sum',
    label: metricName.replace('Requests', '').toLowerCase(),
    ...(region === undefined ? { region: 'us-east-1' } : {}),
  });
}
