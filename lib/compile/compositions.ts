import {
  type BatchRead,
  type Compositions,
  type Input,
  type Part,
  type RouteComposition,
  variantKey,
} from '../../lambda/aggregation/contract.ts';
import {
  apiRouteKeys,
  type Catalogue,
  type Composition,
  type Configuration,
  type PartsComposition,
  type Route,
  routeTarget,
} from '../config/index.ts';
import { partDependencies } from '../config/rules/part-dependencies.ts';
import { deadlineShare, defaultPathPattern } from '../config/schemas/compositions.ts';

/**
 * Compiles what the aggregation function answers: compositions, and external services, which only this function can
 * reach.
 */
export function compileCompositions({ catalogue, environment }: Configuration): Compositions {
  return {
    routes: Object.fromEntries(
      Object.entries(catalogue.routes).flatMap(([key, route]) => {
        return [route, ...route.variants].flatMap((target, index) => {
          const compiled = compileRoute(
            key,
            { ...route, ...targetNames(target) },
            catalogue,
            environment.externals,
          );
          if (compiled === undefined) return [];
          return apiRouteKeys(key, route).map((apiKey) => [
            index === 0 ? apiKey : variantKey(apiKey, compiled.service),
            compiled,
          ]);
        });
      }),
    ),
    externals: environment.externals,
  };
}

function targetNames({ service, composition }: Pick<Route, 'service' | 'composition'>) {
  return { service, composition };
}

function compileRoute(
  key: string,
  route: Route,
  catalogue: Catalogue,
  externals: Configuration['environment']['externals'],
): RouteComposition | undefined {
  const { kind, name } = routeTarget(catalogue, route);
  const common = {
    service: name,
    timeoutSeconds: route.timeoutSeconds * deadlineShare,
    maxBodyKiB: route.maxBodyKiB,
  };
  if (kind === 'external') return { kind, ...common, url: externals[name] ?? '' };
  const composition = kind === 'composition' ? catalogue.compositions[name] : undefined;
  return composition === undefined ? undefined : { ...common, ...compile(key, composition, catalogue) };
}

function compile(key: string, composition: Composition, catalogue: Catalogue) {
  if (composition.kind === 'batch') {
    const { kind, atMost, readTimeoutSeconds, maxKilobytes } = composition;
    const reads = composition.reads.map(
      (read): BatchRead => ({
        path: read.slice(read.indexOf(' ') + 1),
        service: catalogue.routes[read]?.service ?? '',
      }),
    );
    return { kind, reads, atMost, readTimeoutSeconds, maxBytes: maxKilobytes * 1_000 };
  }
  return {
    kind: composition.kind,
    inputs: inputsOf(key, composition),
    parts: Object.entries(composition.parts).map(([name, part]) => compilePart(name, part, catalogue)),
    variants: composition.kind === 'merge' ? composition.variants : {},
  };
}

/** Inputs of a composition: the path parameters of the route and the declared inputs. */
function inputsOf(key: string, { inputs }: PartsComposition): Record<string, Input> {
  const inPath = [...key.matchAll(/\{([A-Za-z0-9]+)\+?\}/g)].map(([, name]) => `path.${name}`);
  return {
    ...Object.fromEntries(inPath.map((expression) => [expression, { pattern: defaultPathPattern }])),
    ...inputs,
  };
}

function compilePart(
  name: string,
  { maxKilobytes, ...part }: PartsComposition['parts'][string],
  catalogue: Catalogue,
): Part {
  return {
    ...part,
    name,
    isExternal: catalogue.services[part.service]?.kind === 'external',
    after: partDependencies(part),
    at: part.at ?? name,
    maxBytes: maxKilobytes * 1_000,
  };
}
