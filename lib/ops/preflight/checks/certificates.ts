import { edgeRegion } from '../../../compile/edge-resource-names.ts';
import type { Account, CertificateState } from '../account.ts';
import { type Check, type Finding, fail, findingOf, mapSequentially, pass } from '../check.ts';
import { type DeploymentPlan, type PlannedResource, resourcesIn, textsIn } from '../plan.ts';

interface NeededCertificate {
  readonly arn: string;
  /** Region in which it must be. */
  readonly region: string;
  /** Host names that it must cover; empty for a client certificate. */
  readonly names: readonly string[];
  readonly usedBy: string;
}

/**
 * Certificates that templates name must exist in the region of their user, be issued, and cover its host names.
 */
export const certificates: Check = {
  name: 'certificates',
  run: async (plan, account) =>
    await mapSequentially(neededCertificates(plan), (needed) => judge(needed, account)),
};

async function judge(needed: NeededCertificate, account: Account): Promise<Finding> {
  const { arn, region, names, usedBy } = needed;
  const at = arn.split(':')[3] ?? '';
  const forNames = names.length === 0 ? '' : ` for ${names.join(', ')}`;
  if (at !== region) {
    return fail(
      `${arn} is in ${at}, and ${usedBy} needs one in ${region}.`,
      `Ask ACM for a certificate${forNames} in ${region}, and name that one.`,
    );
  }
  return findingOf(
    arn,
    await account.certificate(region, arn),
    (state) => ofState(needed, state),
    fail(
      `${arn} does not exist; ${usedBy} uses it.`,
      `aws acm request-certificate --region ${region} --validation-method DNS --domain-name ${names[0] ?? 'NAME'}`,
    ),
  );
}

function ofState({ arn, names, usedBy }: NeededCertificate, state: CertificateState): Finding {
  if (state.status !== 'ISSUED') {
    return fail(
      `${arn} is ${state.status}; ${usedBy} uses it.`,
      state.status === 'PENDING_VALIDATION'
        ? 'Enter the record that ACM asks for into DNS, and wait until it is ISSUED.'
        : 'Ask ACM for a new one, and name that one.',
    );
  }
  const bare = names.filter((name) => !state.names.some((covered) => covers(covered, name)));
  if (bare.length > 0) {
    return fail(
      `${arn} is for ${state.names.join(', ')}, and ${usedBy} serves ${bare.join(', ')}.`,
      `Ask ACM for a certificate for ${names.join(', ')}, and name that one.`,
    );
  }
  return pass(`${arn} is issued${names.length === 0 ? '' : ` for ${names.join(', ')}`}.`);
}

/** `*.` matches one label (RFC 6125, section 6.4.3). */
export function covers(covered: string, name: string): boolean {
  const [pattern, host] = [covered.toLowerCase(), name.toLowerCase()];
  if (!pattern.startsWith('*.')) return pattern === host;
  return host.slice(host.indexOf('.')) === pattern.slice(1) && host.indexOf('.') > 0;
}

/** Resource types that present a certificate. Alarms and policies can name one, too. */
const servers = new Set([
  'AWS::CloudFront::Distribution',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGateway::DomainName',
  'AWS::ElasticLoadBalancingV2::Listener',
]);

const certificateArn = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/;

function neededCertificates(plan: DeploymentPlan): NeededCertificate[] {
  const needed = resourcesIn(plan).flatMap((resource) => {
    if (!servers.has(resource.type)) return [];
    const region = resource.type.startsWith('AWS::CloudFront::') ? edgeRegion : resource.stack.region;
    return certificatesOf(resource).map(([arn, names]) => ({
      arn,
      region,
      names,
      usedBy: `${resource.type} of ${resource.stack.name}`,
    }));
  });
  return [...new Map(needed.map((one) => [JSON.stringify(one), one])).values()];
}

/** ARNs of certificates in the properties of a resource, with the host names that the resource serves. */
function certificatesOf({ properties, stack }: PlannedResource): (readonly [string, readonly string[]])[] {
  const config = (properties['DistributionConfig'] ?? properties) as Readonly<Record<string, unknown>>;
  const names = textsIn([config['Aliases'], config['DomainName']], stack.region);
  return Object.entries(config).flatMap(([key, value]) =>
    textsIn(value, stack.region)
      .filter((text) => certificateArn.test(text))
      // CloudFront presents a client certificate to origins; its names do not matter.
      .map((arn) => [arn, key === 'Origins' ? [] : names] as const),
  );
}
