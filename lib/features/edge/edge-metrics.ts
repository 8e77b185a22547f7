import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** A metric of a CloudFront distribution, per minute. CloudFront reports in us-east-1, with the region "Global". */
export function edgeMetric(distributionId: string, metricName: string, statistic: string): Metric {
  return new Metric({
    period: Duration.minutes(1),
    namespace: 'AWS/CloudFront',
    metricName,
    statistic,
    dimensionsMap: { DistributionId: distributionId, Region: 'Global' },
    region: 'us-east-1',
  });
}
