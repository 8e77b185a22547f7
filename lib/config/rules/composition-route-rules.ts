import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue, Composition, PartsComposition, Route } from '../schemas/catalogue.ts';
import { deadlineShare } from '../schemas/compositions.ts';
import { findCycle, partDependencies, partExpressions } from './part-dependencies.ts';
import { isBalanced } from './service-rules.ts';

/** Members of `identity` that expressions can use. */
const identityMembers = ['userId', 'userEmail', 'userRole', 'clientId', 'plan'];

/** Checks that a route provides what its composition needs: inputs, identity and time. */
export function routeFaults(
  entry: string,
  key: string,
  route: Route,
  composition: PartsComposition,
): Fault[] {
  const at = entryName('catalogue', ['routes', key]);
  const inPath = [...key.matchAll(/\{([A-Za-z0-9]+)\+?\}/g)].map(([, name]) => `path.${name}`);
  const faults: Fault[] = [];
  for (const [name, part] of Object.entries(composition.parts)) {
    for (const expression of partExpressions(part)) {
      const [source = '', member = ''] = expression.split('.');
      const isGiven =
        source === 'identity'
          ? identityMembers.includes(member)
          : source === 'path'
            ? inPath.includes(expression)
            : !['query', 'header'].includes(source) || expression in composition.inputs;
      if (!isGiven) {
        faults.push({
          entry: `${entry}.parts.${name}`,
          fault: `uses {${expression}}, which ${at} does not provide.`,
          remedy: 'Declare it in "inputs", or correct its name.',
        });
      }
      if (source === 'identity' && part.required && ['anonymous', 'optional'].includes(route.access)) {
        faults.push({
          entry: `${entry}.parts.${name}`,
          fault: `is required and uses {${expression}}, but ${at} accepts callers without identity.`,
          remedy: 'Make the part optional, or require a token.',
        });
      }
    }
  }
  const seconds = longestPath(composition.parts);
  const limit = route.timeoutSeconds * deadlineShare;
  if (findCycle(composition.parts) === undefined && seconds > limit) {
    faults.push({
      entry: `${entry}.parts`,
      fault: `can take ${seconds} s in sequence; ${at} allows ${limit} s of its ${route.timeoutSeconds} s.`,
      remedy: 'Lower timeoutSeconds of the parts, or raise that of the route.',
    });
  }
  const method = key.split(' ')[0] ?? '';
  const [only] = Object.values(composition.parts);
  const wanted = composition.kind === 'plain' ? (only?.method ?? method) : 'GET';
  if (method !== wanted) faults.push(wrongMethod(at, method, wanted));
  if (route.cache !== undefined) {
    faults.push({
      entry: `${at}.cache`,
      fault: 'would share answers that depend on the caller, because the edge caches them.',
      remedy: 'Cache the parts instead.',
    });
  }
  return faults;
}

function wrongMethod(entry: string, method: string, wanted: string): Fault {
  return {
    entry,
    fault: `has the method ${method}, but its composition needs ${wanted}.`,
    remedy: `Make it a ${wanted} route.`,
  };
}

/** Seconds of the slowest chain of parts. Retries share the time of their part. */
function longestPath(parts: PartsComposition['parts']): number {
  const until = (name: string, trail: readonly string[]): number => {
    const part = parts[name];
    if (part === undefined || trail.includes(name)) return 0;
    const before = partDependencies(part).map((predecessor) => until(predecessor, [...trail, name]));
    return part.timeoutSeconds + Math.max(0, ...before);
  };
  return Math.max(0, ...Object.keys(parts).map((name) => until(name, [])));
}

/** An item of a batch must not reach anything that its own route would refuse. */
export function batchFaults(
  entry: string,
  batch: Extract<Composition, { kind: 'batch' }>,
  routes: readonly (readonly [string, Route])[],
  catalogue: Catalogue,
): Fault[] {
  const faults: Fault[] = [];
  for (const key of batch.reads) {
    const read = catalogue.routes[key];
    const isRead = key.startsWith('GET ') && read?.service !== undefined;
    if (
      !isRead ||
      !isBalanced(catalogue.services[read.service ?? '']?.kind) ||
      read.addresses !== undefined ||
      read.rewrite !== undefined ||
      read.variants.length > 0
    ) {
      faults.push({
        entry: `${entry}.reads`,
        fault: `names "${key}", which is not a GET route of a service, under its own path, without address restriction.`,
        remedy: 'Name only such routes, by their keys.',
      });
      continue;
    }
    for (const [routeKey, route] of routes) {
      const isOpen = read.access === 'anonymous' || read.access === route.access;
      const needsToken = read.access === 'authenticated' && !['anonymous', 'optional'].includes(route.access);
      if (!isOpen && !needsToken) {
        faults.push({
          entry: `${entry}.reads`,
          fault: `names "${key}", whose access is ${read.access}; the access of "${routeKey}" is ${route.access}.`,
          remedy: 'Use the same access on both, or remove the read.',
        });
      }
    }
  }
  for (const [routeKey, route] of routes) {
    const method = routeKey.split(' ')[0] ?? '';
    if (method !== 'POST')
      faults.push(wrongMethod(entryName('catalogue', ['routes', routeKey]), method, 'POST'));
    if (batch.readTimeoutSeconds > route.timeoutSeconds * deadlineShare) {
      faults.push({
        entry: `${entry}.readTimeoutSeconds`,
        fault: `is more than the ${route.timeoutSeconds * deadlineShare} s that "${routeKey}" allows.`,
        remedy: 'Lower it, or raise timeoutSeconds of the route.',
      });
    }
  }
  return faults;
}
