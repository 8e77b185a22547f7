import { createHash } from 'node:crypto';
import { routeTarget } from './route-target.ts';
import type { Catalogue, Route } from './schemas/catalogue.ts';

/** Routes that need the same of an integration share it: the service is in the decision. */
export interface IntegrationGroup {
  /** Unique, and a name for the resource. */
  readonly id: string;
  readonly target: 'service' | 'aggregation' | 'function';
  /** Successful answers are kept at the edge, for everybody. */
  readonly isShared: boolean;
  /** The path is of the decision instead of the caller's. */
  readonly isRewritten: boolean;
}

/** What answers a kind of target: what a route and all its variants must have in common. */
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

/** Empty for a route that changes no header. */
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
