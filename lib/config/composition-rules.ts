import type { Catalogue, Composition, PartsComposition, Route } from './catalogue-schema.ts';
import { deadlineShare, expressionsOf } from './composition-schema.ts';
import type { Fault } from './error.ts';
import { entryName } from './parse.ts';

type Part = PartsComposition['parts'][string];

/** What expressions may say of the caller. */
const identityMembers = ['userId', 'userEmail', 'userRole', 'clientId', 'plan'];

/** Members of the answer and parameters of the query that are the gateway's own. */
const ownMembers = ['meta'];
const ownParameters = ['include', 'fields', 'variant'];

/** Parts whose answers a part needs: those that its path and its array name, and those declared. */
export function predecessorsOf(part: Pick<Part, 'path' | 'each' | 'after'>): string[] {
  const named = [...expressionsOf(part.path), ...(part.each === undefined ? [] : [part.each.of])]
    .filter((expression) => expression.startsWith('parts.'))
    .map((expression) => expression.split('.')[1] ?? '');
  return [...new Set([...part.after, ...named])];
}

/** What is wrong with the compositions, and with how routes use them. */
export function compositionFaults(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.compositions).flatMap(([name, composition]) => {
    const entry = entryName('catalogue', ['compositions', name]);
    const routes = Object.entries(catalogue.routes).filter(([, route]) => route.composition === name);
    const faults: Fault[] = [];
    if (name in catalogue.services) {
      faults.push({
        entry,
        fault: 'has the name of a service, and a decision could not tell them apart.',
        remedy: 'Choose another name.',
      });
    }
    if (routes.length === 0) {
      faults.push({
        entry,
        fault: 'is answered by no route.',
        remedy: 'Add a route that names it, or remove it.',
      });
    }
    if (composition.kind === 'batch')
      return [...faults, ...batchFaults(entry, composition, routes, catalogue)];
    return [
      ...faults,
      ...partFaults(entry, composition, catalogue),
      ...placeFaults(entry, composition),
      ...variantFaults(entry, composition),
      ...orderFaults(entry, composition),
      ...routes.flatMap(([key, route]) => routeFaults(entry, key, route, composition)),
    ];
  });
}

function partFaults(entry: string, composition: PartsComposition, catalogue: Catalogue): Fault[] {
  return Object.entries(composition.parts).flatMap(([name, part]) => {
    const faults: Fault[] = [];
    const fault = (member: string, text: string, remedy: string) =>
      faults.push({ entry: `${entry}.parts.${name}${member}`, fault: text, remedy });
    if (!(part.service in catalogue.services)) {
      fault(
        '.service',
        `names the service "${part.service}", which is not there.`,
        `Use one of ${Object.keys(catalogue.services).join(', ')}, or add it.`,
      );
    }
    if (part.method !== 'GET' && part.retries > 0) {
      fault('.retries', 'would write more than once.', 'Only a GET may be retried.');
    }
    if (part.method !== 'GET' && part.cache !== undefined) {
      fault('.cache', 'would keep the answer of a write.', 'Only a GET may be cached.');
    }
    if (part.method !== 'GET' && composition.kind !== 'plain') {
      fault(
        '.method',
        'writes beside other parts, which could then fail.',
        'Write by a composition of kind "plain".',
      );
    }
    if (part.fallback.kind === 'stale' && (part.cache?.staleSeconds ?? 0) === 0) {
      fault('.fallback', 'has nothing to fall back on.', 'Give the part a cache with staleSeconds.');
    }
    if (part.required && part.fallback.kind === 'static') {
      fault(
        '.fallback',
        'never serves: a required part that fails ends the call.',
        'Remove it or "required".',
      );
    }
    const isPublic = part.cache?.shared === 'public';
    const personal = usedBy(part).find((expression) => expression.startsWith('identity.'));
    if (isPublic && personal !== undefined) {
      fault('.cache', `shares with everybody what depends on {${personal}}.`, 'Share it by "identity".');
    }
    if (composition.kind === 'merge' && part.fields.length === 0) {
      fault(
        '.fields',
        'is empty, so "?fields=" could not be judged.',
        'Name what the answer shows of the part.',
      );
    }
    if (part.each === undefined && usedBy(part).some((expression) => expression.split('.')[0] === 'each')) {
      fault('.path', 'uses {each}, but the part has no "each".', 'Name the array in "each".');
    }
    return faults;
  });
}

/** Two parts at one place, and places that are the gateway's. */
function placeFaults(entry: string, { kind, parts, inputs }: PartsComposition): Fault[] {
  const faults: Fault[] = [];
  const taken = new Map<string, string>();
  for (const [name, part] of Object.entries(parts)) {
    const members =
      (part.at ?? name) === '' ? part.fields.map((field) => field.split('.')[0] ?? '') : [part.at ?? name];
    for (const member of kind === 'merge' ? new Set(members) : []) {
      const owner = ownMembers.includes(member) ? 'the gateway' : taken.get(member);
      if (owner !== undefined) {
        faults.push({
          entry: `${entry}.parts.${name}.at`,
          fault: `puts "${member}" where ${owner === 'the gateway' ? owner : `the part "${owner}"`} has it.`,
          remedy: 'Choose another place.',
        });
      }
      taken.set(member, name);
    }
  }
  if (kind === 'plain' && Object.keys(parts).length !== 1) {
    faults.push({
      entry: `${entry}.parts`,
      fault: 'are not one, and kind "plain" answers with one.',
      remedy: 'Use kind "merge", or leave one part.',
    });
  }
  for (const parameter of ownParameters.filter((own) => `query.${own}` in inputs)) {
    faults.push({
      entry: entryName(`${entry}.inputs`, [`query.${parameter}`]),
      fault: "is the gateway's own parameter.",
      remedy: 'Choose another name.',
    });
  }
  return faults;
}

function variantFaults(entry: string, composition: PartsComposition): Fault[] {
  const variants = composition.kind === 'merge' ? Object.entries(composition.variants) : [];
  const used = Object.values(composition.parts)
    .flatMap(usedBy)
    .filter((expression) => expression.startsWith('variant.') && expression !== 'variant.name')
    .map((expression) => expression.slice('variant.'.length));
  const faults: Fault[] = [];
  if (variants.length === 0 && used.length > 0) {
    faults.push({
      entry: `${entry}.variants`,
      fault: `are none, but a part uses {variant.${used[0]}}.`,
      remedy: 'Declare the variants.',
    });
  }
  for (const [name, { without, parameters }] of variants) {
    for (const parameter of used.filter((wanted) => !(wanted in parameters))) {
      faults.push({
        entry: `${entry}.variants.${name}.parameters`,
        fault: `lacks "${parameter}", which a part uses.`,
        remedy: 'Give it a value.',
      });
    }
    for (const part of without.filter((left) => composition.parts[left]?.required !== false)) {
      faults.push({
        entry: `${entry}.variants.${name}.without`,
        fault: `names "${part}", which is no optional part.`,
        remedy: 'Name optional parts only.',
      });
    }
  }
  return faults;
}

/** Parts that wait for each other, for one that is not there, or for one that need not come. */
function orderFaults(entry: string, { parts }: PartsComposition): Fault[] {
  const faults: Fault[] = [];
  for (const [name, part] of Object.entries(parts)) {
    const at = `${entry}.parts.${name}`;
    for (const before of predecessorsOf(part)) {
      const predecessor = parts[before];
      if (predecessor === undefined) {
        faults.push({
          entry: at,
          fault: `needs the part "${before}", which is not there.`,
          remedy: `Use one of ${Object.keys(parts).join(', ')}.`,
        });
      } else if (part.required && !predecessor.required) {
        faults.push({
          entry: at,
          fault: `is required, but needs "${before}", which is not.`,
          remedy: `Make "${before}" required, or "${name}" optional.`,
        });
      }
    }
  }
  const cycle = cycleOf(parts);
  if (cycle !== undefined) {
    faults.push({
      entry: `${entry}.parts`,
      fault: `wait for each other: ${cycle.join(' > ')}.`,
      remedy: 'Break the circle.',
    });
  }
  return faults;
}

function cycleOf(parts: PartsComposition['parts']): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    const part = parts[name];
    if (part === undefined || done.has(name)) return undefined;
    for (const before of predecessorsOf(part)) {
      const found = visit(before, [...trail, name]);
      if (found !== undefined) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(parts)) {
    const found = visit(name, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a route gives the composition: parameters of its path, identity, and time. */
function routeFaults(entry: string, key: string, route: Route, composition: PartsComposition): Fault[] {
  const at = entryName('catalogue', ['routes', key]);
  const inPath = [...key.matchAll(/\{([A-Za-z0-9]+)\+?\}/g)].map(([, name]) => `path.${name}`);
  const faults: Fault[] = [];
  for (const [name, part] of Object.entries(composition.parts)) {
    for (const expression of usedBy(part)) {
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
          fault: `uses {${expression}}, which ${at} does not give.`,
          remedy: 'Declare it in "inputs", or correct its name.',
        });
      }
      if (source === 'identity' && part.required && ['anonymous', 'optional'].includes(route.access)) {
        faults.push({
          entry: `${entry}.parts.${name}`,
          fault: `is required and uses {${expression}}, but ${at} lets callers without identity in.`,
          remedy: 'Make the part optional, or ask for a token.',
        });
      }
    }
  }
  const seconds = longestPath(composition.parts);
  const limit = route.timeoutSeconds * deadlineShare;
  if (cycleOf(composition.parts) === undefined && seconds > limit) {
    faults.push({
      entry: `${entry}.parts`,
      fault: `may take ${seconds} s one after another; ${at} leaves ${limit} s of its ${route.timeoutSeconds} s.`,
      remedy: 'Shorten timeoutSeconds of the parts, or give the route more.',
    });
  }
  const method = key.split(' ')[0] ?? '';
  const [only] = Object.values(composition.parts);
  const wanted = composition.kind === 'plain' ? (only?.method ?? method) : 'GET';
  if (method !== wanted) faults.push(wrongMethod(at, method, wanted));
  if (route.head) {
    faults.push({
      entry: `${at}.head`,
      fault: 'would ask all services for an answer without a body.',
      remedy: 'Remove it.',
    });
  }
  if (route.cache !== undefined) {
    faults.push({
      entry: `${at}.cache`,
      fault: 'would let the edge keep what the caller is part of.',
      remedy: 'Cache the parts instead.',
    });
  }
  return faults;
}

function wrongMethod(entry: string, method: string, wanted: string): Fault {
  return {
    entry,
    fault: `answers ${method}, but its composition is for ${wanted}.`,
    remedy: `Make it a ${wanted} route.`,
  };
}

/** Seconds of the slowest chain of parts. Retries share their part's time. */
function longestPath(parts: PartsComposition['parts']): number {
  const until = (name: string, trail: readonly string[]): number => {
    const part = parts[name];
    if (part === undefined || trail.includes(name)) return 0;
    const before = predecessorsOf(part).map((predecessor) => until(predecessor, [...trail, name]));
    return part.timeoutSeconds + Math.max(0, ...before);
  };
  return Math.max(0, ...Object.keys(parts).map((name) => until(name, [])));
}

/** An item of a batch must not reach what its own route would refuse. */
function batchFaults(
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
      catalogue.services[read.service ?? '']?.kind !== 'fargate' ||
      read.addresses !== undefined
    ) {
      faults.push({
        entry: `${entry}.reads`,
        fault: `names "${key}", which is no GET route of one of our services that every address may call.`,
        remedy: 'Name such routes by their keys.',
      });
      continue;
    }
    for (const [routeKey, route] of routes) {
      const isOpen = read.access === 'anonymous' || read.access === route.access;
      const needsToken = read.access === 'authenticated' && !['anonymous', 'optional'].includes(route.access);
      if (!isOpen && !needsToken) {
        faults.push({
          entry: `${entry}.reads`,
          fault: `names "${key}", which asks for ${read.access}; "${routeKey}" asks for ${route.access}.`,
          remedy: 'Ask for the same on both, or leave the read out.',
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
        fault: `is more than the ${route.timeoutSeconds * deadlineShare} s that "${routeKey}" leaves.`,
        remedy: 'Lower it, or give the route more time.',
      });
    }
  }
  return faults;
}

const usedBy = (part: Part): string[] => [
  ...expressionsOf(part.path),
  ...(part.each === undefined ? [] : [part.each.of]),
];
