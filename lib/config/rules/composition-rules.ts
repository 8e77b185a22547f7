import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue, PartsComposition } from '../schemas/catalogue.ts';
import { batchFaults, routeFaults } from './composition-route-rules.ts';
import { partExpressions, partOrderFaults } from './part-dependencies.ts';

type Part = PartsComposition['parts'][string];

/** Members of the answer and query parameters that the gateway reserves. */
const reservedMembers = ['meta'];
const reservedParameters = ['include', 'fields', 'variant'];

/** Checks the compositions and the routes that use them. */
export function compositionFaults(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.compositions).flatMap(([name, composition]) => {
    const entry = entryName('catalogue', ['compositions', name]);
    const routes = Object.entries(catalogue.routes).filter(([, route]) =>
      [route, ...route.variants].some(({ composition: named }) => named === name),
    );
    const faults: Fault[] = [];
    if (name in catalogue.services) {
      faults.push({
        entry,
        fault: 'has the same name as a service, so a decision could not distinguish them.',
        remedy: 'Choose another name.',
      });
    }
    if (routes.length === 0) {
      faults.push({
        entry,
        fault: 'is not used by any route.',
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
      ...partOrderFaults(entry, composition),
      ...routes.flatMap(([key, route]) => routeFaults(entry, key, route, composition)),
    ];
  });
}

interface PartRule {
  /** Member of the part that faults name. */
  readonly member: string;
  readonly isBroken: (part: Part, composition: PartsComposition) => boolean;
  readonly fault: string;
  readonly remedy: string;
}

const partRules: readonly PartRule[] = [
  {
    member: 'retries',
    isBroken: ({ method, retries }) => method !== 'GET' && retries > 0,
    fault: 'could write more than once, because it is retried.',
    remedy: 'Retry only GET parts.',
  },
  {
    member: 'cache',
    isBroken: ({ method, cache }) => method !== 'GET' && cache !== undefined,
    fault: 'would cache the answer of a write.',
    remedy: 'Cache only GET parts.',
  },
  {
    member: 'method',
    isBroken: ({ method }, { kind }) => method !== 'GET' && kind !== 'plain',
    fault: 'writes although other parts of the answer can fail.',
    remedy: 'Use a composition of kind "plain" for writes.',
  },
  {
    member: 'fallback',
    isBroken: ({ fallback, cache }) => fallback.kind === 'stale' && (cache?.staleSeconds ?? 0) === 0,
    fault: 'needs a cached answer to fall back on, but the part has no stale cache.',
    remedy: 'Give the part a cache with staleSeconds.',
  },
  {
    member: 'fallback',
    isBroken: ({ required, fallback }) => required && fallback.kind === 'static',
    fault: 'has no effect: if a required part fails, the call fails.',
    remedy: 'Remove it or "required".',
  },
  {
    member: 'fields',
    isBroken: ({ fields }, { kind }) => kind === 'merge' && fields.length === 0,
    fault: 'is empty, so "?fields=" could not be validated.',
    remedy: 'List the members that the answer shows of the part.',
  },
  {
    member: 'path',
    isBroken: (part) =>
      part.each === undefined &&
      partExpressions(part).some((expression) => expression.split('.')[0] === 'each'),
    fault: 'uses {each}, but the part has no "each".',
    remedy: 'Name the array in "each".',
  },
];

function partFaults(entry: string, composition: PartsComposition, { services }: Catalogue): Fault[] {
  return Object.entries(composition.parts).flatMap(([name, part]) => {
    const at = `${entry}.parts.${name}`;
    const faults: Fault[] = partRules
      .filter(({ isBroken }) => isBroken(part, composition))
      .map(({ member, fault, remedy }) => ({ entry: `${at}.${member}`, fault, remedy }));
    if (!(part.service in services)) {
      faults.push({
        entry: `${at}.service`,
        fault: `names the service "${part.service}", which does not exist.`,
        remedy: `Use one of ${Object.keys(services).join(', ')}, or add it.`,
      });
    }
    const personal = partExpressions(part).find((expression) => expression.startsWith('identity.'));
    if (part.cache?.shared === 'public' && personal !== undefined) {
      faults.push({
        entry: `${at}.cache`,
        fault: `shares a cached answer that depends on {${personal}} with all callers.`,
        remedy: 'Set shared to "identity".',
      });
    }
    return faults;
  });
}

/** Places in the answer that two parts use, or that the gateway reserves. */
function placeFaults(entry: string, { kind, parts, inputs }: PartsComposition): Fault[] {
  const faults: Fault[] = [];
  const taken = new Map<string, string>();
  for (const [name, part] of Object.entries(parts)) {
    const members =
      (part.at ?? name) === '' ? part.fields.map((field) => field.split('.')[0] ?? '') : [part.at ?? name];
    for (const member of kind === 'merge' ? new Set(members) : []) {
      const owner = reservedMembers.includes(member) ? 'the gateway' : taken.get(member);
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
      fault: 'must be exactly one for kind "plain".',
      remedy: 'Use kind "merge", or keep one part.',
    });
  }
  for (const parameter of reservedParameters.filter((own) => `query.${own}` in inputs)) {
    faults.push({
      entry: entryName(`${entry}.inputs`, [`query.${parameter}`]),
      fault: 'is a reserved parameter of the gateway.',
      remedy: 'Choose another name.',
    });
  }
  return faults;
}

function variantFaults(entry: string, composition: PartsComposition): Fault[] {
  const variants = composition.kind === 'merge' ? Object.entries(composition.variants) : [];
  const used = Object.values(composition.parts)
    .flatMap(partExpressions)
    .filter((expression) => expression.startsWith('variant.') && expression !== 'variant.name')
    .map((expression) => expression.slice('variant.'.length));
  const known = Object.entries(composition.parts).flatMap(([name, part]) =>
    part.fields.map((field) => ((part.at ?? name) === '' ? field : `${part.at ?? name}.${field}`)),
  );
  const faults: Fault[] = [];
  if (variants.length === 0 && used.length > 0) {
    faults.push({
      entry: `${entry}.variants`,
      fault: `are missing, but a part uses {variant.${used[0]}}.`,
      remedy: 'Declare the variants.',
    });
  }
  for (const [name, { without, parameters, fields }] of variants) {
    const isKnown = (field: string) => known.some((path) => path === field || path.startsWith(`${field}.`));
    for (const field of fields.filter((shown) => !isKnown(shown))) {
      faults.push({
        entry: `${entry}.variants.${name}.fields`,
        fault: `names "${field}", which no part shows.`,
        remedy: `Use one of ${known.join(', ')}.`,
      });
    }
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
        fault: `names "${part}", which is not an optional part.`,
        remedy: 'Name optional parts only.',
      });
    }
  }
  return faults;
}
