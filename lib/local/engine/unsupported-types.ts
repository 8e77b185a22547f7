import type { Deployment } from './assembly.ts';
import type { UnsupportedFeatures } from './unsupported.ts';

/** The AWS services of the request path. */
const services = [
  'AWS::ApiGateway::',
  'AWS::ApiGatewayV2::',
  'AWS::CloudFront::',
  'AWS::ElasticLoadBalancingV2::',
  'AWS::WAFv2::',
];

/** Resource types of these services without effect in the local run, each with the reason. */
const ignored: Readonly<Record<string, string>> = {
  'AWS::WAFv2::LoggingConfiguration': 'the local run does not store logs of AWS WAF',
  'AWS::CloudFront::OriginAccessControl': 'the local bucket is a folder and needs no signed requests',
  'AWS::CloudFront::MonitoringSubscription': 'the local run has no CloudFront metrics',
  'AWS::ApiGateway::Account': 'the local run does not enforce permissions',
};

/** Reports every resource of the request path whose type is not emulated. */
export function rejectUnsupportedTypes(
  deployment: Deployment,
  emulated: readonly { readonly type: string }[],
  findings: UnsupportedFeatures,
): void {
  const known = new Set([...emulated.map(({ type }) => type), ...Object.keys(ignored)]);
  for (const resource of deployment.resources) {
    if (!services.some((service) => resource.type.startsWith(service)) || known.has(resource.type)) continue;
    findings.add(resource, '', 'this resource type is not emulated.');
  }
}
