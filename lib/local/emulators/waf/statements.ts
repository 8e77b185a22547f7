import { type BlockList, isIP } from 'node:net';
import type { EdgeRequest } from '../cloudfront/edge-request.ts';
import { rateWindow } from './rate-window.ts';
import type { Statement } from './web-acl-resources.ts';

/** Whether a statement matches a request. */
export type Predicate = (request: EdgeRequest) => boolean;

export interface StatementPorts {
  /** How many bytes of a body the web ACL inspects. */
  readonly inspectedBytes: number;
  /** Finds an IP set of the deployment; undefined, after it reported the fault, when there is none. */
  readonly ipSet: (reference: string) => BlockList | undefined;
  /** Reports a managed rule group, which is not emulated. */
  readonly skipManagedGroup: (name: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Kind = keyof Statement;
type Compilers = {
  readonly [Name in Kind]-?: (value: NonNullable<Statement[Name]>, ports: StatementPorts) => Predicate | null;
};

/** Compiles a statement; null for a managed rule group, which is not emulated. */
export function compileStatement(statement: Statement, ports: StatementPorts): Predicate | null {
  const [kind, value] = Object.entries(statement)[0] as [Kind, unknown];
  const compile = compilers[kind] as (value: unknown, ports: StatementPorts) => Predicate | null;
  return compile(value, ports);
}

const compilers: Compilers = {
  RateBasedStatement: (rate, ports) => {
    const scope =
      rate.ScopeDownStatement === undefined ? () => true : compileStatement(rate.ScopeDownStatement, ports);
    const isOverLimit = rateWindow(rate.Limit, rate.EvaluationWindowSec, ports.now);
    return (request) => {
      if (scope?.(request) !== true) return false;
      const key = rate.AggregateKeyType === 'CONSTANT' ? '' : addressOf(request, rate.ForwardedIPConfig);
      return typeof key === 'string' ? isOverLimit(key) : key;
    };
  },
  ByteMatchStatement: byteMatch,
  SizeConstraintStatement: bodySize,
  // Only managed rule groups add labels, and those are not emulated.
  LabelMatchStatement: () => () => false,
  IPSetReferenceStatement: (reference, ports) => {
    const list = ports.ipSet(reference.Arn);
    return (request) => {
      const address = addressOf(request, reference.IPSetForwardedIPConfig);
      if (typeof address !== 'string') return address;
      return list?.check(address, address.includes(':') ? 'ipv6' : 'ipv4') ?? false;
    };
  },
  ManagedRuleGroupStatement: ({ Name }, ports) => {
    ports.skipManagedGroup(Name);
    return null;
  },
  NotStatement: ({ Statement: inner }, ports) => {
    const matches = compileStatement(inner, ports);
    return (request) => matches?.(request) === false;
  },
  AndStatement: ({ Statements }, ports) => {
    const predicates = compileAll(Statements, ports);
    return (request) => predicates.every((matches) => matches(request));
  },
  OrStatement: ({ Statements }, ports) => {
    const predicates = compileAll(Statements, ports);
    return (request) => predicates.some((matches) => matches(request));
  },
};

function compileAll(statements: readonly Statement[], ports: StatementPorts): readonly Predicate[] {
  return statements
    .map((statement) => compileStatement(statement, ports))
    .filter((predicate) => predicate !== null);
}

/**
 * The address of the client: that of the connection, or the first one in the configured header.
 *
 * @returns whether the rule matches when the header holds no address: false without the header, otherwise the fallback.
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
  { inspectedBytes }: StatementPorts,
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
  /** Invalid escape sequences stay as they are. */
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
