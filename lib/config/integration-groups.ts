import { createHash } from 'node:crypto';
import { routeTarget } from './route-target.ts';
import type { Catalogue, Route } from './schemas/catalogue.ts';

/**
 * An integration of the HTTP API that several routes share. The decision names the service, so the integration does
 * not.
 */
export interface IntegrationGroup {
  /** Unique id, used in the name of the resource. */
  readonly id: string;
  readonly target: 'service' | 'aggregation' | 'function';
  /** Whether the edge caches successful answers for all callers. */
  readonly isShared: boolean;
  /** Whether the decision replaces the caller's path. */
  readonly isRewritten: boolean;
}

/** What answers each kind of target. A route and all its variants must have the same integration target. */
export const integrationTargets = {
  fargate: 'service',
  ip: 'service',
  external: 'aggregation',
  composition: 'aggregation',
  function: 'function',
} as const;

const words = { service: 'Service', aggregation: 'Aggregation', function: 'Function' } as const;

/** The integration that a route needs. */
export function integrationGroup(catalogue: Catalogue, route: Route): IntegrationGroup {
  const target = integrationTargets[routeTarget(catalogue, route).kind];
  const isShared = route.cache !== undefined;
  const isRewritten = [route, ...route.variants].some(({ rewrite }) => rewrite !== undefined);
  const id = [
    words[target],
    isShared ? 'Shared' : 'Private',
    isRewritten ? 'Rewritten' : '',
    changesDigest(route),
    `${route.timeoutSeconds}s`,
  ].join('');
  return { id, target, isShared, isRewritten };
}

/** Digest of the header changes of a route; empty for a route that changes no header. */
function changesDigest({ requestHeaders, responseHeaders, deprecated }: Route): string {
  const sorted = (changes: Route['requestHeaders']) => [
    Object.entries(changes.set).sort(([one], [other]) => one.localeCompare(other)),
    [...changes.remove].sort(),
  ];
  const changes = [sorted(requestHeaders), sorted(responseHeaders), deprecated ?? null];
  const text = JSON.stringify(changes);
  if (text === '[[[],[]],[[],[]],null]') return '';
  return `Changed${createHash('sha256').update(text).digest('hex').slice(0, 6)}`;
}
