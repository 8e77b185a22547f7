import { BlockList } from 'node:net';
import type { HeaderFields } from '../../http/header-fields.ts';
import { wildcard } from '../../http/wildcard.ts';
import type { ConditionProperties } from './load-balancer-resources.ts';

/** The parts of a request that listener rules match. */
export interface RuleRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly headers: HeaderFields;
  readonly sourceAddress: string;
}

export type Condition = (request: RuleRequest) => boolean;

/**
 * Compiles a condition. One matching value is enough. Paths and methods are case-sensitive; header values, hosts and
 * query strings are not ("Condition types for listener rules", Application Load Balancer guide).
 */
export function compileCondition(condition: ConditionProperties): Condition {
  switch (condition.Field) {
    case 'http-header': {
      const { HttpHeaderName, Values } = condition.HttpHeaderConfig;
      const match = anyOf(Values, { caseSensitive: false });
      // Each value of a repeated header is checked.
      return ({ headers }) => headers.all(HttpHeaderName).some(match);
    }
    case 'path-pattern': {
      const match = anyOf(condition.PathPatternConfig?.Values ?? condition.Values ?? [], {
        caseSensitive: true,
      });
      return ({ path }) => match(path);
    }
    case 'host-header': {
      const match = anyOf(condition.HostHeaderConfig?.Values ?? condition.Values ?? [], {
        caseSensitive: false,
      });
      return ({ headers }) => match((headers.get('host') ?? '').replace(/:\d+$/, ''));
    }
    case 'http-request-method': {
      const methods = new Set(condition.HttpRequestMethodConfig.Values);
      return ({ method }) => methods.has(method);
    }
    case 'query-string': {
      const pairs = condition.QueryStringConfig.Values.map(({ Key, Value }) => ({
        key: Key === undefined ? () => true : wildcard(Key, { caseSensitive: false }),
        value: wildcard(Value, { caseSensitive: false }),
      }));
      return ({ query }) =>
        query
          .split('&')
          .map(splitPair)
          .some(([name, text]) => pairs.some(({ key, value }) => key(name) && value(text)));
    }
    case 'source-ip': {
      const ranges = new BlockList();
      for (const range of condition.SourceIpConfig.Values) {
        const [address = '', bits = ''] = range.split('/');
        ranges.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
      }
      return ({ sourceAddress }) =>
        ranges.check(sourceAddress, sourceAddress.includes(':') ? 'ipv6' : 'ipv4');
    }
    default:
      return condition satisfies never;
  }
}

function anyOf(patterns: readonly string[], options: { readonly caseSensitive: boolean }) {
  const matches = patterns.map((pattern) => wildcard(pattern, options));
  return (text: string) => matches.some((match) => match(text));
}

function splitPair(pair: string): [name: string, value: string] {
  const equals = pair.indexOf('=');
  return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
}
