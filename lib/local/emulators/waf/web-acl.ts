import { BlockList, isIP } from 'node:net';
import type { Deployment } from '../../engine/assembly.ts';
import { type Emulated, readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { type HttpResponse, textResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { EdgeRequest } from '../cloudfront/edge-request.ts';
import { errorPage } from '../cloudfront/error-page.ts';
import { rateWindow } from './rate-window.ts';
import { type BlockAction, ipSetType, type Statement, webAclType } from './web-acl-resources.ts';

/** Looks at every request first; an answer ends it. */
export type Firewall = (request: EdgeRequest) => HttpResponse | null;

/** How much of a body AWS WAF looks at where nothing else is said, and at most, in bytes. */
const defaultInspectedBytes = 16 * 1_024;
export const maxInspectedBytes = 64 * 1_024;

type Predicate = (request: EdgeRequest) => boolean;

const contentTypes: Readonly<Record<string, string>> = {
  APPLICATION_JSON: 'application/json',
  TEXT_HTML: 'text/html',
  TEXT_PLAIN: 'text/plain',
};

/**
 * Compiles the web ACLs of a deployment, by id.
 *
 * @param notice told once of each rule group of AWS's, which does nothing here.
 */
export function compileWebAcls(
  deployment: Deployment,
  now: () => number,
  notice: (text: string) => void,
  findings: UnsupportedFeatures,
): ReadonlyMap<string, Firewall> {
  const ipSets = new Map(
    readResources(deployment, ipSetType, findings).map(({ resource, properties }) => {
      const list = new BlockList();
      for (const range of properties.Addresses) {
        const [address = '', bits = ''] = range.split('/');
        list.addSubnet(address, Number(bits), properties.IPAddressVersion === 'IPV4' ? 'ipv4' : 'ipv6');
      }
      return [resource.id, list] as const;
    }),
  );
  const announced = new Set<string>();
  const announce = (group: string) => {
    if (announced.has(group)) return;
    announced.add(group);
    notice(`${group} is not emulated: its rules are AWS's own.`);
  };

  const compile = (
    statement: Statement,
    inspectedBytes: number,
    missing: (why: string) => void,
  ): Predicate | null => {
    const nested = (one: Statement) => compile(one, inspectedBytes, missing);
    const all = (statements: readonly Statement[]) =>
      statements.map(nested).filter((predicate) => predicate !== null);
    const { RateBasedStatement: rate, ByteMatchStatement: bytes, IPSetReferenceStatement: ipSet } = statement;
    if (rate !== undefined) {
      const scope = rate.ScopeDownStatement === undefined ? () => true : nested(rate.ScopeDownStatement);
      const over = rateWindow(rate.Limit, rate.EvaluationWindowSec, now);
      const { AggregateKeyType: kind, ForwardedIPConfig: forwarded } = rate;
      return (request) => {
        if (scope?.(request) !== true) return false;
        const key = kind === 'CONSTANT' ? '' : addressOf(request, forwarded);
        return typeof key === 'string' ? over(key) : key;
      };
    }
    if (bytes !== undefined) return byteMatch(bytes);
    if (statement.SizeConstraintStatement !== undefined)
      return bodySize(statement.SizeConstraintStatement, inspectedBytes);
    if (statement.LabelMatchStatement !== undefined) return () => false;
    if (ipSet !== undefined) {
      const list = ipSets.get(deployment.byReference(ipSet.Arn)?.id ?? '');
      if (list === undefined) missing('an IP set means none of this deployment.');
      return (request) => {
        const address = addressOf(request, ipSet.IPSetForwardedIPConfig);
        if (typeof address !== 'string') return address;
        return list?.check(address, address.includes(':') ? 'ipv6' : 'ipv4') ?? false;
      };
    }
    if (statement.ManagedRuleGroupStatement !== undefined) {
      announce(statement.ManagedRuleGroupStatement.Name);
      return null;
    }
    if (statement.NotStatement !== undefined) {
      const negated = nested(statement.NotStatement.Statement);
      return (request) => negated?.(request) === false;
    }
    const every = all(statement.AndStatement?.Statements ?? []);
    const some = all(statement.OrStatement?.Statements ?? []);
    return statement.AndStatement !== undefined
      ? (request) => every.every((predicate) => predicate(request))
      : (request) => some.some((predicate) => predicate(request));
  };

  return new Map(
    readResources(deployment, webAclType, findings).map((acl): [string, Firewall] => {
      const { resource, properties } = acl;
      const [inspection] = Object.values(properties.AssociationConfig?.RequestBody ?? {});
      const inspectedBytes =
        inspection === undefined
          ? defaultInspectedBytes
          : Number(inspection.DefaultSizeInspectionLimit.slice('KB_'.length)) * 1_024;
      const rules = [...properties.Rules]
        .sort((one, other) => one.Priority - other.Priority)
        .flatMap(({ Name, Statement: statement, Action }) => {
          const matches = compile(statement, inspectedBytes, (why) =>
            findings.add(resource, `Rules ${Name}`, why),
          );
          return matches === null ? [] : [{ matches, action: Action ?? {} }];
        });
      return [
        resource.id,
        (request) => {
          for (const { matches, action } of rules) {
            // A rule that only counts is evaluated all the same, since others may build on its count.
            if (!matches(request) || action.Count !== undefined) continue;
            return action.Block === undefined ? null : blocked(action.Block, acl, request);
          }
          const { Block } = properties.DefaultAction;
          return Block === undefined ? null : blocked(Block, acl, request);
        },
      ];
    }),
  );
}

function blocked(
  { CustomResponse: custom }: BlockAction,
  { properties }: Emulated<typeof webAclType.emulated>,
  request: EdgeRequest,
): HttpResponse {
  if (custom === undefined) return errorPage(403, 'Request blocked.', request.requestId);
  const body = properties.CustomResponseBodies?.[custom.CustomResponseBodyKey ?? ''];
  const answer =
    body === undefined
      ? { status: custom.ResponseCode, headers: new HeaderFields(), body: Buffer.alloc(0) }
      : textResponse(custom.ResponseCode, contentTypes[body.ContentType] ?? 'text/plain', body.Content);
  for (const { Name, Value } of custom.ResponseHeaders ?? []) answer.headers.set(Name, Value);
  return answer;
}

/**
 * The address of whoever asks: the connection's, or the one that a header names.
 *
 * @returns whether the rule matches, where the header names none: not at all without the header, as the fallback says
 *   for anything else that is no address.
 */
function addressOf(
  { viewerAddress, headers }: EdgeRequest,
  forwarded: NonNullable<Statement['RateBasedStatement']>['ForwardedIPConfig'],
): string | boolean {
  if (forwarded === undefined) return viewerAddress;
  const value = headers.get(forwarded.HeaderName);
  if (value === undefined) return false;
  const [first = ''] = value.split(',');
  return isIP(first.trim()) === 0 ? forwarded.FallbackBehavior === 'MATCH' : first.trim();
}

function bodySize(
  { FieldToMatch, ComparisonOperator, Size }: NonNullable<Statement['SizeConstraintStatement']>,
  inspectedBytes: number,
): Predicate {
  const { OversizeHandling } = FieldToMatch.Body;
  return ({ bodyBytes = 0 }) => {
    if (bodyBytes > inspectedBytes && OversizeHandling !== 'CONTINUE') return OversizeHandling === 'MATCH';
    return compare[ComparisonOperator](Math.min(bodyBytes, inspectedBytes), Size);
  };
}

const compare = {
  GT: (one: number, other: number) => one > other,
  GE: (one: number, other: number) => one >= other,
  LT: (one: number, other: number) => one < other,
  LE: (one: number, other: number) => one <= other,
  EQ: (one: number, other: number) => one === other,
  NE: (one: number, other: number) => one !== other,
} as const;

type ByteMatch = NonNullable<Statement['ByteMatchStatement']>;

function byteMatch({
  SearchString,
  FieldToMatch,
  PositionalConstraint,
  TextTransformations,
}: ByteMatch): Predicate {
  const transformations = [...TextTransformations]
    .sort((one, other) => one.Priority - other.Priority)
    .map(({ Type }) => transform[Type]);
  return (request) => {
    const text = transformations.reduce((value, change) => change(value), fieldOf(FieldToMatch, request));
    switch (PositionalConstraint) {
      case 'EXACTLY':
        return text === SearchString;
      case 'STARTS_WITH':
        return text.startsWith(SearchString);
      case 'ENDS_WITH':
        return text.endsWith(SearchString);
      case 'CONTAINS':
        return text.includes(SearchString);
      default:
        return PositionalConstraint satisfies never;
    }
  };
}

const transform = {
  NONE: (text: string) => text,
  LOWERCASE: (text: string) => text.toLowerCase(),
  /** What is no valid escape stays. */
  URL_DECODE: (text: string) =>
    text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
      Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
    ),
} as const;

function fieldOf(field: ByteMatch['FieldToMatch'], { method, path, query, headers }: EdgeRequest): string {
  if (field.Method !== undefined) return method;
  if (field.QueryString !== undefined) return query;
  if (field.SingleHeader !== undefined) return headers.get(field.SingleHeader.Name) ?? '';
  return path;
}
