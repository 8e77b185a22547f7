import { addressNeeds } from './address-needs.ts';
import { numberAt, type RegionResources, refersTo, type TemplateResource } from './region-resources.ts';
import { type TaskNeed, taskNeeds, whileDeploying } from './task-needs.ts';

/** All resources of a type. */
export const count = (type: string) => (region: RegionResources) => region.ofType(type).length;

/** The largest number; 0 for an empty list. */
export const largest = (numbers: readonly number[]) => Math.max(0, ...numbers);

/** The highest number of resources of a type with the same owner, such as routes of an API. */
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

/** Sum of a property over resources. */
export const sumOf = (resources: readonly TemplateResource[], ...path: readonly string[]) =>
  resources.reduce((sum, { properties }) => sum + numberAt(properties, ...path), 0);

/** A throttle setting, summed over all stages. */
export const throttle = (setting: string) => (region: RegionResources) =>
  sumOf(region.ofType('AWS::ApiGatewayV2::Stage'), 'DefaultRouteSettings', setting) +
  region
    .ofType('AWS::ApiGateway::Stage')
    .reduce((sum, { properties }) => sum + numberAt(properties['MethodSettings'], '0', setting), 0);

/** vCPUs of all tasks on demand or on Spot, when all services have their maximum tasks and the largest is being deployed. */
export const virtualProcessorNeed = (onSpot: boolean) => (region: RegionResources) =>
  Math.ceil(
    whileDeploying(taskNeeds(region), (service) => service.tasks * virtualProcessors(service, onSpot)),
  );

/** The vCPUs with which the services are created. */
export const firstVirtualProcessors = (onSpot: boolean) => (region: RegionResources) =>
  Math.ceil(
    taskNeeds(region).reduce(
      (sum, service) => sum + service.firstTasks * virtualProcessors(service, onSpot),
      0,
    ),
  );

const virtualProcessors = ({ virtualProcessors: ofTask, spotPart }: TaskNeed, onSpot: boolean) =>
  ofTask * (onSpot ? spotPart : 1 - spotPart);

/** The subnet of a tier with the fewest free addresses. */
export const fullestSubnet = (region: RegionResources, tier: string) =>
  addressNeeds(region)
    .filter((subnet) => subnet.tier === tier)
    .sort((a, b) => a.usable - a.need - (b.usable - b.need))[0];
