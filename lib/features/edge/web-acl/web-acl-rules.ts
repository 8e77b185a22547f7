import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { IpSets } from './ip-sets.ts';
import type { BlockResponseBodies, BodyLimit, IpRateLimit, WebAclProps } from './web-acl-props.ts';
import {
  allOf,
  bodyLargerThan,
  exceptOnPaths,
  headerEquals,
  methodIn,
  pathStartsWith,
  type Statement,
} from './web-acl-statements.ts';

/** A rule of a web ACL. The order of the rules gives the priority. */
export type Rule = Omit<CfnWebACL.RuleProperty, 'priority'>;

/** Keys of the custom response bodies. */
export const responseBodyKeys = {
  tooManyRequests: 'TooManyRequests',
  methodNotAllowed: 'MethodNotAllowed',
  contentTooLarge: 'ContentTooLarge',
  forbidden: 'Forbidden',
} as const satisfies Record<keyof BlockResponseBodies, string>;

/** Rules of the address lists: blocked ranges first, then allowed ranges. */
export function addressRules(scope: Construct, props: WebAclProps): Rule[] {
  const { addresses = { allow: [], block: [] } } = props;
  const rule = (name: string, description: string, ranges: readonly string[], action: Rule['action']) =>
    ranges.length === 0
      ? []
      : [
          {
            name,
            visibilityConfig: visibility(name),
            statement: new IpSets(scope, name, {
              scope: props.scope,
              description,
              ranges,
            }).statement,
            ...(action === undefined ? {} : { action }),
          },
        ];
  return [
    ...rule(
      'BlockedAddresses',
      'Addresses that are always blocked.',
      addresses.block,
      refusal(403, responseBodyKeys.forbidden),
    ),
    ...rule('AllowedAddresses', 'Addresses that no rule blocks.', addresses.allow, { allow: {} }),
  ];
}

/** Answers 405 to methods that no route allows. */
export function methodRule(methods: readonly string[]): Rule {
  return {
    name: 'Methods',
    visibilityConfig: visibility('Methods'),
    statement: { notStatement: { statement: methodIn(methods) } },
    action: refusal(405, responseBodyKeys.methodNotAllowed, [{ name: 'Allow', value: methods.join(', ') }]),
  };
}

/** Answers 413 to bodies over the limit. */
export function bodyRule({ kibibytes, exceptPathPrefixes }: BodyLimit): Rule {
  return {
    name: 'BodySize',
    visibilityConfig: visibility('BodySize'),
    // Equal to the inspected size: AWS WAF matches a longer body as oversize.
    statement: exceptOnPaths(exceptPathPrefixes, bodyLargerThan(kibibytes * 1_024)),
    action: refusal(413, responseBodyKeys.contentTooLarge),
  };
}

/** One rule, or two if the viewer's address is in a header: one for requests with the proof, one for requests without it. */
export function rateRules(rate: IpRateLimit, { methods, viewerAddress }: WebAclProps): Rule[] {
  const scope = [
    ...requestTypeStatements(rate, methods),
    ...(rate.pathPrefixes ? [pathStartsWith(rate.pathPrefixes)] : []),
  ];
  if (viewerAddress === undefined) return [rateRule(rate, rate.name, { aggregateKeyType: 'IP' }, scope)];
  const { header, proof } = viewerAddress;
  const isProven = headerEquals(proof.header, proof.value);
  return [
    rateRule(
      rate,
      rate.name,
      {
        aggregateKeyType: 'FORWARDED_IP',
        forwardedIpConfig: { headerName: header, fallbackBehavior: 'MATCH' },
      },
      [isProven, ...scope],
    ),
    rateRule(rate, `${rate.name}Unverified`, { aggregateKeyType: 'IP' }, [
      { notStatement: { statement: isProven } },
      ...scope,
    ]),
  ];
}

function requestTypeStatements({ of = 'calls' }: IpRateLimit, methods: readonly string[]): Statement[] {
  const isPreflight = methodIn(['OPTIONS']);
  if (of === 'preflights') return [isPreflight];
  return methods.includes('OPTIONS') ? [{ notStatement: { statement: isPreflight } }] : [];
}

function rateRule(
  { requests, windowSeconds }: IpRateLimit,
  name: string,
  aggregation: Pick<CfnWebACL.RateBasedStatementProperty, 'aggregateKeyType' | 'forwardedIpConfig'>,
  scope: readonly Statement[],
): Rule {
  return {
    name,
    visibilityConfig: visibility(name),
    statement: {
      rateBasedStatement: {
        ...aggregation,
        limit: requests,
        evaluationWindowSec: windowSeconds,
        ...(scope.length === 0 ? {} : { scopeDownStatement: allOf(scope) }),
      },
    },
    action: refusal(429, responseBodyKeys.tooManyRequests, [
      { name: 'Retry-After', value: String(windowSeconds) },
    ]),
  };
}

/**
 * A custom response. Pages of all origins may read it: the headers of a web ACL's response are fixed, so they cannot echo
 * the origin of the page, and the response is the same for every caller.
 */
export function refusal(
  responseCode: number,
  customResponseBodyKey: string,
  headers: CfnWebACL.CustomHTTPHeaderProperty[] = [],
): CfnWebACL.RuleActionProperty {
  const responseHeaders = [
    ...headers,
    { name: 'Cache-Control', value: 'no-store' },
    { name: 'Access-Control-Allow-Origin', value: '*' },
    { name: 'Access-Control-Expose-Headers', value: 'Allow, Retry-After' },
  ];
  return { block: { customResponse: { responseCode, customResponseBodyKey, responseHeaders } } };
}

/** CloudWatch metrics and sampled requests of a rule. */
export function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
