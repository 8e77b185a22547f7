import type { z } from 'zod';
import type { Exchange } from '../../http/exchange.ts';
import type { listenerRuleType } from './load-balancer-resources.ts';

type Transforms = z.output<typeof listenerRuleType.emulated.Transforms>;

/** Path and query of a request as its target gets them. */
export type UrlRewrite = (request: Pick<Exchange, 'path' | 'query'>) => Pick<Exchange, 'path' | 'query'>;

/**
 * Compiles a rule's transforms: where the expression matches path and query, what it matches is replaced, and `$1` to
 * `$9` stand for its groups; without a match nothing changes ("Transforms for listener rules").
 */
export function urlRewrite([transform]: Transforms): UrlRewrite {
  const [rewrite] = transform?.UrlRewriteConfig.Rewrites ?? [];
  if (rewrite === undefined) return (request) => request;
  const pattern = new RegExp(rewrite.Regex);
  return ({ path, query }) => {
    const [newPath = '', ...rest] = (query === '' ? path : `${path}?${query}`)
      .replace(pattern, rewrite.Replace)
      .split('?');
    return { path: newPath, query: rest.join('?') };
  };
}
