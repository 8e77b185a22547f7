import {
  numberAt,
  type RegionResources,
  refersTo,
  type TemplateResource,
  valueAt,
} from './region-resources.ts';

/** One ECS service with its tasks. */
export interface TaskNeed {
  readonly service: TemplateResource;
  /** At most, by its scaling. */
  readonly tasks: number;
  /** When it is created. */
  readonly firstTasks: number;
  /** vCPUs of one task. */
  readonly virtualProcessors: number;
  /** Memory of one task. */
  readonly memoryGiB: number;
  /** Share of tasks on Spot, 0 to 1. */
  readonly spotPart: number;
}

/** All services with the maximum tasks of their scaling, or their desired count without scaling. */
export function taskNeeds(region: RegionResources): TaskNeed[] {
  const definitions = region.ofType('AWS::ECS::TaskDefinition');
  const scaling = region.ofType('AWS::ApplicationAutoScaling::ScalableTarget');
  return region.ofType('AWS::ECS::Service').map((service) => {
    const isBeside = ({ stack }: TemplateResource) => stack === service.stack;
    const definition = definitions.find(
      (one) => isBeside(one) && refersTo(service.properties['TaskDefinition'], one),
    );
    const target = scaling.find((one) => isBeside(one) && refersTo(one.properties['ResourceId'], service));
    return {
      service,
      firstTasks:
        numberAt(target?.properties, 'MinCapacity') || numberAt(service.properties, 'DesiredCount') || 1,
      tasks: numberAt(target?.properties, 'MaxCapacity') || numberAt(service.properties, 'DesiredCount') || 1,
      virtualProcessors: numberAt(definition?.properties, 'Cpu') / 1_024,
      memoryGiB: numberAt(definition?.properties, 'Memory') / 1_024,
      spotPart: spotPart(service.properties['CapacityProviderStrategy']),
    };
  });
}

/**
 * Sum over services with their maximum tasks while the largest is being deployed, when its new and old tasks run
 * together.
 */
export function whileDeploying(needs: readonly TaskNeed[], amount: (need: TaskNeed) => number): number {
  const amounts = needs.map(amount);
  return amounts.reduce((sum, one) => sum + one, 0) + Math.max(0, ...amounts);
}

function spotPart(strategy: unknown): number {
  if (!Array.isArray(strategy)) return 0;
  const weight = (provider?: string) =>
    strategy
      .filter((one) => provider === undefined || valueAt(one, 'CapacityProvider') === provider)
      .reduce<number>((sum, one) => sum + numberAt(one, 'Weight'), 0);
  return weight('FARGATE_SPOT') / Math.max(1, weight());
}
