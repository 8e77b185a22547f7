import { RemovalPolicy } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { defaultBodyKiB, limitHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { contentTooLarge, methodNotAllowed, refusalResponses } from '../../runtime/contracts/refusals.ts';
import { type Configuration, type Environment, servedMethods } from '../config/index.ts';
import type { WebAclProps } from '../features/edge/web-acl/web-acl-props.ts';
import type { CorsSettings } from '../features/public-api/cors-settings.ts';

/** Whether the data outlives its stack, and CloudFormation refuses to delete the stacks. */
export function keepsData(environment: Environment): boolean {
  return environment.data === 'retain';
}

/** Whether CloudFormation and AWS services refuse to delete data. Off during a first deployment, see the schema. */
export function isDeletionProtected(environment: Environment): boolean {
  return keepsData(environment) && environment.deletionProtection;
}

/** Retained data outlives its stack. A creation that CloudFormation rolls back leaves nothing, so that it can be retried. */
export function removalPolicy(environment: Environment): RemovalPolicy {
  return keepsData(environment) ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

/** Retention of log groups. The configuration allows only the periods of CloudWatch Logs. */
export function logRetention(environment: Environment): RetentionDays {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum's values are the days themselves
  return environment.logs.retentionDays;
}

const corsMethods = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'] as const;

/** Headers that pages may read: those that the gateway sets, and those that HTTP clients need to follow up a response. */
const exposedHeaders = [
  'Allow',
  'ETag',
  'Location',
  'x-request-id',
  'x-gateway-completed',
  'x-gateway-policy',
  'Retry-After',
  'WWW-Authenticate',
  'Deprecation',
  'Sunset',
  'Link',
  ...Object.keys(limitHeaders),
];

/** CORS settings of the environment's origins, the same at the edge and at the API. HEAD is always allowed. */
export function corsSettings({ catalogue, environment }: Configuration): CorsSettings {
  const served = new Set(servedMethods(catalogue));
  const { requestHeaders, responseHeaders, maxAgeSeconds } = catalogue.cors;
  return {
    origins: environment.corsOrigins,
    methods: corsMethods.filter((method) => served.has(method)),
    requestHeaders,
    responseHeaders: [...exposedHeaders, ...responseHeaders],
    maxAgeSeconds,
  };
}

/** Settings that the web ACLs of both APIs share. */
export function webAclSettings({
  catalogue,
  environment,
}: Configuration): Omit<
  WebAclProps,
  'name' | 'scope' | 'rates' | 'logRetention' | 'removalPolicy' | 'viewerAddress'
> {
  const { firewall, managedRules } = environment.edge;
  const ranges = (lists: readonly string[]) => lists.flatMap((list) => environment.addressLists[list] ?? []);
  const webhookPaths = Object.values(catalogue.webhooks).map(({ path }) => path);
  const { bodyLimit } = firewall;
  return {
    bodies: {
      tooManyRequests: JSON.stringify(refusalResponses.throttled.body),
      methodNotAllowed: JSON.stringify(methodNotAllowed.body),
      contentTooLarge: JSON.stringify(contentTooLarge.body),
      forbidden: JSON.stringify(refusalResponses.forbidden.body),
    },
    managedRules,
    exceptions: [...firewall.exceptions, ...webhookExceptions(webhookPaths)],
    botControl: firewall.botControl,
    antiDdos: firewall.antiDdos,
    addresses: { allow: ranges(firewall.allow), block: ranges(firewall.block) },
    methods: [...servedMethods(catalogue), 'OPTIONS'].sort(),
    bodyLimit:
      bodyLimit === undefined
        ? undefined
        : { ...bodyLimit, exceptPathPrefixes: [...longBodyPaths(catalogue), ...webhookPaths] },
    capacityUnits: firewall.capacityUnits,
  };
}

/** Path prefixes of the routes that accept longer bodies than AWS WAF inspects. Their integrations check the length. */
function longBodyPaths({ routes }: Configuration['catalogue']): string[] {
  const paths = Object.entries(routes)
    .filter(([, { maxBodyKiB }]) => maxBodyKiB > defaultBodyKiB)
    .map(([key]) => key.replace(/^\S+ /, '').replace(/\{.*$/, ''));
  return [...new Set(paths)].sort();
}

/** Managed rules that inspect bodies for attacks. */
const bodyRules = [
  ['AWSManagedRulesCommonRuleSet', 'CrossSiteScripting_BODY'],
  ['AWSManagedRulesCommonRuleSet', 'EC2MetaDataSSRF_BODY'],
  ['AWSManagedRulesCommonRuleSet', 'GenericLFI_BODY'],
  ['AWSManagedRulesCommonRuleSet', 'GenericRFI_BODY'],
  ['AWSManagedRulesKnownBadInputsRuleSet', 'JavaDeserializationRCE_BODY'],
  ['AWSManagedRulesKnownBadInputsRuleSet', 'Log4JRCE_BODY'],
  ['AWSManagedRulesSQLiRuleSet', 'SQLi_BODY'],
  ['AWSManagedRulesSQLiRuleSet', 'SQLiExtendedPatterns_BODY'],
] as const;

/** Webhooks contain text that customers wrote, they are signed byte by byte, and the sender cannot change a blocked one. */
function webhookExceptions(paths: readonly string[]) {
  if (paths.length === 0) return [];
  return bodyRules.map(([group, rule]) => ({ group, rule, pathPrefixes: paths }));
}
