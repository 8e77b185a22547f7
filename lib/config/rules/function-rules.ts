import { functionCapacity } from '../capacity.ts';
import type { Fault } from '../config-error.ts';
import type { Environment } from '../schemas/environment.ts';
import { configurableFunctions } from '../schemas/functions.ts';

/**
 * Provisioned concurrency must fit into reserved concurrency. Lambda would otherwise refuse it during a deployment or
 * when scaling.
 */
export function functionFaults(environment: Environment): Fault[] {
  const factors = Object.values(environment.functions.schedules).map(({ factor }) => factor);
  return configurableFunctions.flatMap((name) => {
    const { reservedConcurrency, provisionedConcurrency } = functionCapacity(environment, name);
    if (reservedConcurrency === undefined || provisionedConcurrency === undefined) return [];
    const { min, max } = provisionedConcurrency;
    const most = Math.max(max, ...factors.map((factor) => Math.ceil(min * factor)));
    if (most <= reservedConcurrency) return [];
    return [
      {
        entry: `environments/${environment.name}.functions.${name}`,
        fault: `allows up to ${most} provisioned instances, but only ${reservedConcurrency} are reserved.`,
        remedy:
          'Lower provisionedConcurrency.max or a factor of functions.schedules, or raise reservedConcurrency.',
      },
    ];
  });
}
