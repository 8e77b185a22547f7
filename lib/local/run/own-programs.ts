import { type Catalogue, canaryName } from '../../config/index.ts';
import type { TaskProgram } from '../emulators/ecs/task-specs.ts';

/** The programs of services with an image, by the names of their deployments: a canary runs the same program. */
export function localPrograms({ services }: Catalogue): Readonly<Record<string, TaskProgram>> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, service]) => {
      if (service.kind !== 'fargate' || service.local === undefined) return [];
      const { local } = service;
      return [name, canaryName(name)].map((deployment) => [deployment, local] as const);
    }),
  );
}

/** Variables of this process that a program needs to find other programs and its files. */
export function inheritedVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
