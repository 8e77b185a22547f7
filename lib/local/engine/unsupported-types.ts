import type { Deployment } from './assembly.ts';
import type { UnsupportedFeatures } from './unsupported.ts';

/** Services that the request path is made of. */
const services = [
  'AWS::ApiGateway::',
  'AWS::ApiGatewayV2::',
  'AWS::CloudFront::',
  'AWS::ElasticLoadBalancingV2::',
  'AWS::WAFv2::',
];

/** Types of these services without meaning on a laptop, each with the reason. */
const ignored: Readonly<Record<string, string>> = {
  'AWS::WAFv2::LoggingConfiguration': "where AWS writes the firewall's logs",
  'AWS::CloudFront::OriginAccessControl':
    'how CloudFront signs what it asks of a bucket, which here is a folder',
  'AWS::CloudFront::MonitoringSubscription': 'what CloudFront tells CloudWatch besides',
  'AWS::ApiGateway::Account': "the role by which AWS writes the account's logs",
};

/** Every resource on the request path whose type is not emulated at all becomes a finding. */
export function rejectUnsupportedTypes(
  deployment: Deployment,
  emulated: readonly { readonly type: string }[],
  findings: UnsupportedFeatures,
): void {
  const known = new Set([...emulated.map(({ type }) => type), ...Object.keys(ignored)]);
  for (const resource of deployment.resources) {
    if (!services.some((service) => resource.type.startsWith(service)) || known.has(resource.type)) continue;
    findings.add(resource, '', 'this type of resource is not emulated.');
  }
}
