import { type PolicyFault, pathText, type RuntimePolicy } from './runtime-policy.ts';

/** The names that a catalogue gives, as far as a runtime policy may refer to them. */
export interface CatalogueNames {
  readonly plans: readonly string[];
  readonly services: readonly string[];
  /** Keys of the HTTP API: `GET /api/orders/{id}`. */
  readonly routes: readonly string[];
  readonly limits: readonly string[];
}

/**
 * Names of a document that nothing answers to: checked before a document is deployed. What runs takes no notice of
 * such an entry, since the document outlives catalogues: a route that a deployment removes must not cost the rest.
 */
export function findReferenceFaults(policy: RuntimePolicy, names: CatalogueNames): PolicyFault[] {
  const plans = [...names.plans, ...Object.keys(policy.plans)];
  return [
    ...Object.entries(policy.clients).flatMap(([id, { plan }]) =>
      plan === undefined ? [] : unknown(['clients', id, 'plan'], plan, 'plan', plans),
    ),
    ...Object.keys(policy.cohorts).flatMap((service) =>
      unknown(['cohorts', service], service, 'service', names.services),
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
  return [{ path: pathText(path), fault: `names the ${kind} "${name}", which is not there.`, remedy }];
}
