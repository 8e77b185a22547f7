import type { ManagedRuleException } from './managed-rule-groups.ts';
import type { WebAclLogProps } from './web-acl-logging.ts';

/** A rate limit per IP address. */
export interface IpRateLimit {
  /** Name of the rule and of its metric, in PascalCase. */
  readonly name: string;
  readonly requests: number;
  /** Evaluation window; AWS WAF has these only. */
  readonly windowSeconds: 60 | 120 | 300 | 600;
  /** Counts only requests whose path has one of these prefixes. @default - all requests */
  readonly pathPrefixes?: readonly string[];
  /**
   * `preflights` counts only CORS preflight requests. Other limits do not count them, because a page can read a refusal
   * only after a successful preflight. @default - calls
   */
  readonly of?: 'calls' | 'preflights';
}

/** Response bodies of refused requests: JSON, at most 4 KB each. */
export interface BlockResponseBodies {
  /** 429: an address over its rate. */
  readonly tooManyRequests: string;
  /** 405: a method that no route allows. */
  readonly methodNotAllowed: string;
  /** 413: a body over the limit. */
  readonly contentTooLarge: string;
  /** 403: a blocked address or request. */
  readonly forbidden: string;
}

export interface WebAclProps extends WebAclLogProps {
  readonly scope: 'CLOUDFRONT' | 'REGIONAL';
  readonly rates: readonly IpRateLimit[];
  readonly bodies: BlockResponseBodies;
  /** `count` only counts the requests that the managed rule groups would block. */
  readonly managedRules: 'count' | 'block';
  /** Paths that managed rules do not block. @default - none */
  readonly exceptions?: readonly ManagedRuleException[];
  /** AWS WAF Bot Control, priced per request. @default false */
  readonly botControl?: boolean;
  /** AWS WAF Anti-DDoS rule group, priced per month and per request. @default false */
  readonly antiDdos?: boolean;
  /** CIDR ranges that no rule blocks, and CIDR ranges that are always blocked. @default - none */
  readonly addresses?: { readonly allow: readonly string[]; readonly block: readonly string[] };
  /** Allowed methods; other methods get 405. */
  readonly methods: readonly string[];
  /** Maximum body size, except on some paths. @default - the maximum of the API */
  readonly bodyLimit?: BodyLimit | undefined;
  /** Header with the viewer's address, behind the edge. @default - the address of the connection */
  readonly viewerAddress?: ForwardedViewerAddress;
  /** Maximum web ACL capacity units of the rules. @default 1500, which the base price includes */
  readonly capacityUnits?: number;
}

/** A header with the viewer's address. It is trusted only if another header proves that the edge has set it. */
export interface ForwardedViewerAddress {
  readonly header: string;
  readonly proof: { readonly header: string; readonly value: string };
}

/** Maximum body size. AWS WAF inspects the first 16, 32, 48 or 64 KiB of a body. */
export interface BodyLimit {
  readonly kibibytes: 16 | 32 | 48 | 64;
  readonly exceptPathPrefixes: readonly string[];
}
