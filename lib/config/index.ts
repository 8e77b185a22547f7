import { catalogue as catalogueInput } from './catalogue/catalogue.ts';
import { ConfigError, type Fault } from './config-error.ts';
import { dev } from './environments/dev.ts';
import { local } from './environments/local.ts';
import { prod } from './environments/prod.ts';
import { staging } from './environments/staging.ts';
import { parse } from './parse.ts';
import { regionsOf } from './regions.ts';
import { repeatedKeyFaults } from './repeated-keys.ts';
import { catalogueRules, environmentRules } from './rules/rules.ts';
import { type Catalogue, type CatalogueInput, catalogueSchema } from './schemas/catalogue.ts';
import {
  type Environment,
  type EnvironmentInput,
  type EnvironmentName,
  environmentNames,
  environmentSchema,
} from './schemas/environment.ts';

export { brokerZonesOf, pollersUseNatGateway } from './broker-placement.ts';
export {
  brokerCount,
  capacityProfile,
  databaseCapacity,
  expectedInstances,
  functionCapacity,
  serviceTaskRange,
  type TaskRange,
} from './capacity.ts';
export { ConfigError } from './config-error.ts';
export { type IntegrationGroup, integrationGroup } from './integration-groups.ts';
export { builtInLimitNames, limitNames } from './limit-names.ts';
export { listenerPriority } from './listener-priority.ts';
export { type Region, regionsOf } from './regions.ts';
export { reservedNames } from './reserved-names.ts';
export {
  apiRouteKeys,
  cachePatterns,
  healthRouteKeys,
  servedMethods,
  unmatchedRouteKeys,
  webhookRouteKey,
} from './route-keys.ts';
export { routeTarget } from './route-target.ts';
export { downstreamVariable } from './rules/container-rules.ts';
export { canaryName } from './rules/service-rules.ts';
export type {
  Catalogue,
  CatalogueInput,
  Composition,
  FargateService,
  IpService,
  PartsComposition,
  Route,
  Webhook,
} from './schemas/catalogue.ts';
export type { Environment, EnvironmentInput, EnvironmentName } from './schemas/environment.ts';
export type { ConfigurableFunction } from './schemas/functions.ts';

const environments: Record<EnvironmentName, EnvironmentInput> = { local, dev, staging, prod };

/** The catalogue and one environment, validated against each other and frozen. */
export interface Configuration {
  readonly catalogue: Catalogue;
  readonly environment: Environment;
}

/**
 * Validates and returns the catalogue.
 *
 * @throws {ConfigError} that names every faulty entry and its remedy.
 */
export function loadCatalogue(input: CatalogueInput = catalogueInput): Catalogue {
  if (input === catalogueInput) throwFaults(repeatedKeyFaults());
  const catalogue = parse('catalogue', catalogueSchema, input);
  throwFaults(catalogueRules.flatMap((rule) => rule(catalogue)));
  return catalogue;
}

/**
 * Validates and returns the configuration of one environment.
 *
 * @param name one of the environments of `lib/config/environments`.
 * @param overrides top-level entries that replace those of the environment. The local run passes the addresses of the
 *   processes that it has started.
 * @param deployment values of this deployment alone: the image tag of the services, and whether data is protected from
 *   deletion.
 * @throws {ConfigError} that names every faulty entry and its remedy.
 */
export function loadConfiguration(
  name: unknown,
  overrides: Partial<EnvironmentInput> = {},
  deployment: { readonly imageTag?: string; readonly deletionProtection?: unknown } = {},
): Configuration {
  if (!isEnvironmentName(name)) {
    throw new ConfigError([
      {
        entry: 'environment',
        fault: name === undefined ? 'is missing.' : `${JSON.stringify(name)} does not exist.`,
        remedy: `Give one with -c env=NAME: ${environmentNames.join(', ')}.`,
      },
    ]);
  }
  const { imageTag, deletionProtection } = deployment;
  const environment: EnvironmentInput = { ...environments[name], ...overrides };
  return checkConfiguration(loadCatalogue(), {
    ...environment,
    ...(imageTag === undefined ? {} : { services: { ...environment.services, imageTag } }),
    ...(deletionProtection === undefined
      ? {}
      : // CDK context of the command line is text. The schema refuses any other value.
        {
          deletionProtection: (flags.get(deletionProtection) ?? deletionProtection) as boolean,
        }),
  });
}

const flags = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** Parses an environment and validates it against a parsed catalogue. */
export function checkConfiguration(catalogue: Catalogue, input: EnvironmentInput): Configuration {
  const environment = parse(`environments/${input.name}`, environmentSchema, input);
  throwFaults(environmentRules.flatMap((rule) => rule(environment, catalogue)));
  for (const [index, region] of regionsOf(environment).slice(1).entries()) {
    throwFaults(
      environmentRules
        .flatMap((rule) => rule(region.environment, catalogue))
        .map((fault) => ({
          ...fault,
          entry: fault.entry.replace(`environments/${input.name}`, `$&.regions[${index}]`),
        })),
    );
  }
  return { catalogue, environment };
}

function isEnvironmentName(name: unknown): name is EnvironmentName {
  return environmentNames.some((known) => known === name);
}

function throwFaults(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new ConfigError(faults);
}
