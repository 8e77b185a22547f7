import type { z } from 'zod';
import type { Exchange } from '../../http/exchange.ts';
import type { listenerRuleType } from './load-balancer-resources.ts';

type Transforms = z.output<typeof listenerRuleType.emulated.Transforms>;

/** Rewrites the path and the query of a request for its target. */
export type UrlRewrite = (request: Pick<Exchange, 'path' | 'query'>) => Pick<Exchange, 'path' | 'query'>;

/**
 * Compiles the transforms of a rule: they replace the match of a regular expression in path and query; `$1` to
 * `$9` are its groups; without a match nothing changes ("Transforms for listener rules").
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
