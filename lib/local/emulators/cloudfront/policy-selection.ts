import type { CachePolicyConfig, OriginRequestPolicyConfig } from './cloudfront-resources.ts';

type QueryStrings = CachePolicyConfig['ParametersInCacheKeyAndForwardedToOrigin']['QueryStringsConfig'];
type Cookies = CachePolicyConfig['ParametersInCacheKeyAndForwardedToOrigin']['CookiesConfig'];
type Headers = OriginRequestPolicyConfig['HeadersConfig'];

/** Whether a policy selects a name. */
export type Selection = (name: string) => boolean;

const all: Selection = () => true;
/** Selects no name. */
export const selectNone: Selection = () => false;
const listed = (names: readonly string[]): Selection => {
  const set = new Set(names);
  return (name) => set.has(name);
};
const not =
  (selection: Selection): Selection =>
  (name) =>
    !selection(name);

export function selectedQueryStrings(config: QueryStrings): Selection {
  switch (config.QueryStringBehavior) {
    case 'all':
      return all;
    case 'none':
      return selectNone;
    case 'whitelist':
      return listed(config.QueryStrings);
    case 'allExcept':
      return not(listed(config.QueryStrings));
    default:
      return config satisfies never;
  }
}

export function selectedCookies(config: Cookies): Selection {
  switch (config.CookieBehavior) {
    case 'all':
      return all;
    case 'none':
      return selectNone;
    case 'whitelist':
      return listed(config.Cookies);
    case 'allExcept':
      return not(listed(config.Cookies));
    default:
      return config satisfies never;
  }
}

/** Selects headers by their names in lower case. */
export function selectedHeaders(config: Headers): Selection {
  switch (config.HeaderBehavior) {
    case 'none':
      return selectNone;
    case 'allViewer':
    case 'allViewerAndWhitelistCloudFront':
      return all;
    case 'whitelist':
      return listed(config.Headers.map((name) => name.toLowerCase()));
    case 'allExcept':
      return not(listed(config.Headers.map((name) => name.toLowerCase())));
    default:
      return config satisfies never;
  }
}

/** The name of a raw `name=value` pair. */
export const pairName = (pair: string): string => pair.split('=', 1)[0] ?? '';

/** The selected pairs of a raw query string, unchanged and in their order. */
export function selectQuery(query: string, selection: Selection): string {
  if (selection === all || query === '') return query;
  return query
    .split('&')
    .filter((pair) => selection(pairName(pair)))
    .join('&');
}

/** The selected cookies of a `Cookie` header; undefined when there are none. */
export function selectCookies(cookie: string | undefined, selection: Selection): string | undefined {
  if (cookie === undefined || selection === all) return cookie;
  const kept = cookie.split(/;\s*/).filter((pair) => selection(pairName(pair).trim()));
  return kept.length === 0 ? undefined : kept.join('; ');
}

export function anyOf(one: Selection, other: Selection): Selection {
  if (one === selectNone) return other;
  return other === selectNone ? one : (name) => one(name) || other(name);
}
