import { RemovalPolicy } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  contentTooLarge,
  defaultBodyKiB,
  limitHeaders,
  methodNotAllowed,
  refusalResponses,
} from '../../runtime/contracts/gateway-contract.ts';
import type { Configuration, Environment } from '../config/index.ts';
import type { WebAclProps } from '../features/edge/web-acl/web-acl-props.ts';
import type { CorsSettings } from '../features/public-api/cors-settings.ts';

/** Whether data outlives its stack, and stacks refuse to be deleted. */
export function keepsData(environment: Environment): boolean {
  return environment.data === 'retain';
}

/** Whether CloudFormation and the services refuse to delete what holds data. Off for a first deployment, see the schema. */
export function isDeletionProtected(environment: Environment): boolean {
  return keepsData(environment) && environment.deletionProtection;
}

/** Kept data outlives its stack, except for a creation that is rolled back: that leaves nothing, so that it can be tried again. */
export function removalPolicy(environment: Environment): RemovalPolicy {
  return keepsData(environment) ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

/** How long logs are kept; the configuration allows only what CloudWatch Logs offers. */
export function logRetention(environment: Environment): RetentionDays {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum's values are the days themselves
  return environment.logs.retentionDays;
}

const corsMethods = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'] as const;

/** Headers of the gateway's own answers, and those that HTTP asks a client to send back or to follow. */
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

/** What pages of the environment's origins may do at the edge and at the API alike. HEAD is always among the methods. */
export function corsSettings({ catalogue, environment }: Configuration): CorsSettings {
  const served = new Set([
    'HEAD',
    ...Object.keys(catalogue.routes).map((key) => key.slice(0, key.indexOf(' '))),
  ]);
  const { requestHeaders, responseHeaders, maxAgeSeconds } = catalogue.cors;
  return {
    origins: environment.corsOrigins,
    methods: corsMethods.filter((method) => served.has(method)),
    requestHeaders,
    responseHeaders: [...exposedHeaders, ...responseHeaders],
    maxAgeSeconds,
  };
}

/** What the firewalls of both doors have in common. */
export function webAclSettings({
  catalogue,
  environment,
}: Configuration): Omit<
  WebAclProps,
  'name' | 'scope' | 'rates' | 'logRetention' | 'removalPolicy' | 'viewerAddress'
> {
  const { firewall, managedRules } = environment.edge;
  const ranges = (lists: readonly string[]) => lists.flatMap((list) => environment.addressLists[list] ?? []);
  const methods = Object.keys(catalogue.routes).map((key) => key.slice(0, key.indexOf(' ')));
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
    methods: [...new Set([...methods, 'GET', 'HEAD', 'OPTIONS'])].sort(),
    bodyLimit:
      bodyLimit === undefined
        ? undefined
        : { ...bodyLimit, exceptPathPrefixes: [...longBodyPaths(catalogue), ...webhookPaths] },
    capacityUnits: firewall.capacityUnits,
  };
}

/** Beginnings of the paths that take a longer body than the firewall can inspect; what answers there checks its length. */
function longBodyPaths({ routes }: Configuration['catalogue']): string[] {
  const paths = Object.entries(routes)
    .filter(([, { maxBodyKiB }]) => maxBodyKiB > defaultBodyKiB)
    .map(([key]) => key.replace(/^\S+ /, '').replace(/\{.*$/, ''));
  return [...new Set(paths)].sort();
}

/** Rules of AWS's groups that look for attacks in bodies. */
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

/** Webhooks quote what customers wrote, are signed over every byte, and a sender cannot answer for a block. */
function webhookExceptions(paths: readonly string[]) {
  if (paths.length === 0) return [];
  return bodyRules.map(([group, rule]) => ({ group, rule, pathPrefixes: paths }));
}
