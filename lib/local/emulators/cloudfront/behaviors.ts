import type { Resource } from '../../engine/assembly.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { wildcard } from '../../http/wildcard.ts';
import type { CachePolicyConfig } from './cloudfront-resources.ts';
import type { Forwarding, Origin } from './origin.ts';
import type { ResponseHeaders } from './response-headers.ts';
import type { ViewerFunction } from './viewer-function.ts';

/** The second origin of an origin group. */
export interface Failover {
  readonly origin: Origin;
  /** Status codes of the first origin that count as failures. */
  readonly statusCodes: ReadonlySet<number>;
}

/** A cache behaviour: how the distribution handles the requests of one path pattern. */
export interface Behavior {
  readonly matches: (path: string) => boolean;
  readonly origin: Origin;
  /** Receives read requests that the first origin fails. */
  readonly failover: Failover | null;
  readonly allowedMethods: ReadonlySet<string>;
  readonly compress: boolean;
  readonly cachePolicy: {
    readonly id: string;
    readonly config: CachePolicyConfig;
    readonly key: Forwarding;
  };
  readonly forwarding: Forwarding;
  readonly decorate: ResponseHeaders;
  readonly viewerRequest: ViewerFunction | null;
  readonly viewerResponse: ViewerFunction | null;
}

/**
 * Compiles a path pattern. It is case-sensitive, may omit the leading slash, and matches the normalised path
 * ("Path pattern", CloudFront guide).
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const matches = wildcard(pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`, {
    caseSensitive: true,
  });
  return (path) => matches(normalised(path));
}

/** Resolves dot segments and decodes unreserved characters (RFC 3986 section 6.2.2). */
export function normalised(path: string): string {
  if (!path.includes('%') && !path.includes('/.')) return path;
  const unescaped = path.replaceAll(/%[0-9a-f]{2}/gi, (sequence) => {
    const character = String.fromCharCode(Number.parseInt(sequence.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : sequence;
  });
  const kept: string[] = [];
  const segments = unescaped.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    if (last && (segment === '.' || segment === '..')) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/** Reports headers that CloudFront itself generates (`CloudFront-Viewer-Country`); none is emulated. */
export function checkCloudFrontHeaders(
  resource: Resource,
  property: string,
  names: readonly string[],
  findings: UnsupportedFeatures,
): void {
  for (const name of names) {
    if (/^cloudfront-/i.test(name)) findings.add(resource, property, `the header ${name} is not emulated.`);
  }
}
