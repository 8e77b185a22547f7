import type { Fault } from '../config-error.ts';
import type { Catalogue, Route, Service } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';
import { compositionFaults } from './composition-rules.ts';
import { containerFaults } from './container-rules.ts';
import { edgeFaults, originFaults } from './edge-rules.ts';
import { addressListFaults, databaseFaults, externalFaults, zoneFaults } from './environment-rules.ts';
import { functionFaults } from './function-rules.ts';
import { issuerFaults } from './issuer-rules.ts';
import {
  hiddenRouteFaults,
  type PartnerRoute,
  partnerBodyFaults,
  partnerEnvironmentFaults,
  partnerPathFaults,
  partnerTargetFaults,
  usagePlanFaults,
} from './partner-rules.ts';
import { quotaFaults } from './quota-rules.ts';
import { regionFaults } from './region-rules.ts';
import {
  cacheFaults,
  defaultPlanFaults,
  limitNameFaults,
  routeCollisionFaults,
  routeLimitFaults,
  routeReferenceFaults,
  signatureFaults,
  unusedLimitFaults,
} from './route-rules.ts';
import {
  bodyFaults,
  deprecationFaults,
  headerFaults,
  integrationFaults,
  rewriteFaults,
  variantFaults,
} from './routing-rules.ts';
import { addressFaults, collectorFaults, serviceEnvironmentFaults } from './service-environment-rules.ts';
import {
  balancingFaults,
  functionServiceFaults,
  listenerPriorityFaults,
  serviceCallFaults,
  taskFaults,
} from './service-rules.ts';
import { brokerFaults, topicFaults } from './topic-rules.ts';

/** Checks the parsed catalogue and returns its faults. */
type CatalogueRule = (catalogue: Catalogue) => Fault[];

/** Checks one parsed environment against the parsed catalogue and returns its faults. */
type EnvironmentRule = (environment: Environment, catalogue: Catalogue) => Fault[];

/** The rules of the catalogue that a schema of one entry cannot express. */
export const catalogueRules: readonly CatalogueRule[] = [
  eachRoute(routeReferenceFaults),
  eachRoute(routeLimitFaults),
  eachRoute(cacheFaults),
  eachRoute(signatureFaults),
  eachRoute(variantFaults),
  eachRoute(rewriteFaults),
  eachRoute(headerFaults),
  eachRoute(deprecationFaults),
  eachRoute(bodyFaults),
  routeCollisionFaults,
  integrationFaults,
  defaultPlanFaults,
  limitNameFaults,
  unusedLimitFaults,
  eachService(functionServiceFaults),
  eachService(serviceCallFaults),
  eachService(balancingFaults),
  eachService(taskFaults),
  eachService(containerFaults),
  listenerPriorityFaults,
  compositionFaults,
  eachPartnerRoute(partnerTargetFaults),
  eachPartnerRoute(partnerBodyFaults),
  partnerPathFaults,
  hiddenRouteFaults,
  usagePlanFaults,
  topicFaults,
];

/** The rules of an environment, each applied to the environment and to each of its further regions. */
export const environmentRules: readonly EnvironmentRule[] = [
  issuerFaults,
  partnerEnvironmentFaults,
  edgeFaults,
  originFaults,
  quotaFaults,
  serviceEnvironmentFaults,
  addressFaults,
  collectorFaults,
  brokerFaults,
  databaseFaults,
  functionFaults,
  externalFaults,
  addressListFaults,
  regionFaults,
  zoneFaults,
];

function eachRoute(rule: (key: string, route: Route, catalogue: Catalogue) => Fault[]): CatalogueRule {
  return (catalogue) =>
    Object.entries(catalogue.routes).flatMap(([key, route]) => rule(key, route, catalogue));
}

function eachService(rule: (name: string, service: Service, catalogue: Catalogue) => Fault[]): CatalogueRule {
  return (catalogue) =>
    Object.entries(catalogue.services).flatMap(([name, service]) => rule(name, service, catalogue));
}

function eachPartnerRoute(
  rule: (key: string, route: PartnerRoute, catalogue: Catalogue) => Fault[],
): CatalogueRule {
  return (catalogue) =>
    Object.entries(catalogue.partnerRoutes).flatMap(([key, route]) => rule(key, route, catalogue));
}
