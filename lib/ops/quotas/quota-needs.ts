import { addressNeeds } from './address-needs.ts';
import { numberAt, type RegionResources, refersTo, type TemplateResource } from './region-resources.ts';
import { taskNeeds, whileDeploying } from './task-needs.ts';

/** All resources of a type. */
export const count = (type: string) => (region: RegionResources) => region.ofType(type).length;

/** The largest; 0 of none. */
export const largest = (numbers: readonly number[]) => Math.max(0, ...numbers);

/** The most resources of a type that belong to the same owner, such as routes to an API. */
export const largestGroup =
  (type: string, ownerType: string, property: string) => (region: RegionResources) =>
    largest(
      region
        .ofType(ownerType)
        .map(
          (owner) =>
            region.ofType(type).filter(({ properties }) => refersTo(properties[property], owner)).length,
        ),
    );

/** Of a property, over resources. */
export const sumOf = (resources: readonly TemplateResource[], ...path: readonly string[]) =>
  resources.reduce((sum, { properties }) => sum + numberAt(properties, ...path), 0);

/** A setting of all stages' throttles. */
export const throttle = (setting: string) => (region: RegionResources) =>
  sumOf(region.ofType('AWS::ApiGatewayV2::Stage'), 'DefaultRouteSettings', setting) +
  region
    .ofType('AWS::ApiGateway::Stage')
    .reduce((sum, { properties }) => sum + numberAt(properties['MethodSettings'], '0', setting), 0);

/** Virtual processors, on Spot or not, of all services at their most while the largest of them is deployed. */
export const virtualProcessorNeed = (onSpot: boolean) => (region: RegionResources) =>
  Math.ceil(
    whileDeploying(
      taskNeeds(region),
      ({ tasks, virtualProcessors, spotPart }) =>
        tasks * virtualProcessors * (onSpot ? spotPart : 1 - spotPart),
    ),
  );

/** The subnet of a tier that has the least left. */
export const fullestSubnet = (region: RegionResources, tier: string) =>
  addressNeeds(region)
    .filter((subnet) => subnet.tier === tier)
    .sort((a, b) => a.usable - a.need - (b.usable - b.need))[0];
