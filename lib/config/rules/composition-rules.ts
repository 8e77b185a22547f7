import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue, PartsComposition } from '../schemas/catalogue.ts';
import { batchFaults, routeFaults } from './composition-route-rules.ts';
import { partExpressions, partOrderFaults } from './part-dependencies.ts';

/** Members of the answer and query parameters that the gateway reserves. */
const ownMembers = ['meta'];
const ownParameters = ['include', 'fields', 'variant'];

/** What is wrong with the compositions, and with how routes use them. */
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

function partFaults(entry: string, composition: PartsComposition, catalogue: Catalogue): Fault[] {
  return Object.entries(composition.parts).flatMap(([name, part]) => {
    const faults: Fault[] = [];
    const fault = (member: string, text: string, remedy: string) =>
      faults.push({ entry: `${entry}.parts.${name}${member}`, fault: text, remedy });
    if (!(part.service in catalogue.services)) {
      fault(
        '.service',
        `names the service "${part.service}", which does not exist.`,
        `Use one of ${Object.keys(catalogue.services).join(', ')}, or add it.`,
      );
    }
    if (part.method !== 'GET' && part.retries > 0) {
      fault('.retries', 'could write more than once, because it is retried.', 'Retry only GET parts.');
    }
    if (part.method !== 'GET' && part.cache !== undefined) {
      fault('.cache', 'would cache the answer of a write.', 'Cache only GET parts.');
    }
    if (part.method !== 'GET' && composition.kind !== 'plain') {
      fault(
        '.method',
        'writes although other parts of the answer can fail.',
        'Use a composition of kind "plain" for writes.',
      );
    }
    if (part.fallback.kind === 'stale' && (part.cache?.staleSeconds ?? 0) === 0) {
      fault(
        '.fallback',
        'needs a cached answer to fall back on, but the part has no stale cache.',
        'Give the part a cache with staleSeconds.',
      );
    }
    if (part.required && part.fallback.kind === 'static') {
      fault(
        '.fallback',
        'has no effect: if a required part fails, the call fails.',
        'Remove it or "required".',
      );
    }
    const isPublic = part.cache?.shared === 'public';
    const personal = partExpressions(part).find((expression) => expression.startsWith('identity.'));
    if (isPublic && personal !== undefined) {
      fault(
        '.cache',
        `shares a cached answer that depends on {${personal}} with all callers.`,
        'Set shared to "identity".',
      );
    }
    if (composition.kind === 'merge' && part.fields.length === 0) {
      fault(
        '.fields',
        'is empty, so "?fields=" could not be validated.',
        'List the members that the answer shows of the part.',
      );
    }
    if (
      part.each === undefined &&
      partExpressions(part).some((expression) => expression.split('.')[0] === 'each')
    ) {
      fault('.path', 'uses {each}, but the part has no "each".', 'Name the array in "each".');
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
      fault: 'must be exactly one for kind "plain".',
      remedy: 'Use kind "merge", or keep one part.',
    });
  }
  for (const parameter of ownParameters.filter((own) => `query.${own}` in inputs)) {
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
