import { type PolicyFault, pathText, type RuntimePolicy } from './runtime-policy.ts';

/** The names in a catalogue that a runtime policy may refer to. */
export interface CatalogueNames {
  readonly plans: readonly string[];
  /** Services with a canary, which alone can have a cohort. */
  readonly canaryServices: readonly string[];
  /** Keys of the HTTP API: `GET /api/orders/{id}`. */
  readonly routes: readonly string[];
  readonly limits: readonly string[];
}

/**
 * Names in a document that the catalogue does not have, checked before a document is deployed. At run time
 * such an entry is ignored, because the document outlives catalogues: the removal of a route must not
 * invalidate the rest.
 */
export function findReferenceFaults(policy: RuntimePolicy, names: CatalogueNames): PolicyFault[] {
  const plans = [...new Set([...names.plans, ...Object.keys(policy.plans)])];
  return [
    ...Object.entries(policy.clients).flatMap(([id, { plan }]) =>
      plan === undefined ? [] : unknown(['clients', id, 'plan'], plan, 'plan', plans),
    ),
    ...Object.keys(policy.cohorts).flatMap((service) =>
      unknown(['cohorts', service], service, 'canary of', names.canaryServices),
    ),
    ...Object.keys(policy.routes).flatMap((route) =>
      unknown(['routes', route], route, 'route', names.routes),
    ),
    ...policy.shadow.flatMap((limit, index) => unknown(['shadow', index], limit, 'limit', names.limits)),
  ];
}

function unknown(
  path: readonly PropertyKey[],
  name: string,
  kind: string,
  known: readonly string[],
): PolicyFault[] {
  if (known.includes(name)) return [];
  const remedy = `Use one of: ${known.join(', ')}.`;
  return [{ path: pathText(path), fault: `names the ${kind} "${name}", which does not exist.`, remedy }];
}
