import { z } from 'zod';
import type { Deployment } from '../assembly.ts';
import { nested, number, readResources, resourceType } from '../emulation/resource-type.ts';
import { Findings } from '../emulation/unsupported.ts';

/** What the templates say of one ECS service, as far as a laptop runs it. */
export interface TaskSpec {
  /** The container's `SERVICE_NAME`, or the service's logical id. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Ids of the target groups that its tasks join. */
  readonly targetGroups: readonly string[];
  /** How many tasks run at once. */
  readonly count: number;
  /** Where its task listens, when others know that already; else each task has a free port of its own. */
  readonly port?: number;
}

const container = nested(
  {
    Name: z.string(),
    Environment: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]),
    PortMappings: z.array(nested({ ContainerPort: number, Protocol: z.literal('tcp').optional() })).length(1),
  },
  // The image holds the same program that runs here; the rest concerns its container and its log.
  ['Essential', 'Image', 'LinuxParameters', 'LogConfiguration', 'ReadonlyRootFilesystem', 'User'],
);

const taskDefinitionType = resourceType({
  type: 'AWS::ECS::TaskDefinition',
  emulated: { ContainerDefinitions: z.array(container).length(1) },
  ignored: {
    Cpu: 'a process takes what it needs',
    ExecutionRoleArn: 'there are no permissions',
    Family: 'a name',
    Memory: 'a process takes what it needs',
    NetworkMode: 'a laptop has one network',
    RequiresCompatibilities: 'processes, not containers',
    RuntimePlatform: "the laptop's own",
    Tags: 'labels',
    TaskRoleArn: 'there are no permissions',
  },
});

const serviceType = resourceType({
  type: 'AWS::ECS::Service',
  emulated: {
    TaskDefinition: z.string(),
    DesiredCount: number.optional(),
    LoadBalancers: z
      .array(nested({ ContainerName: z.string(), ContainerPort: number, TargetGroupArn: z.string() }))
      .default([]),
  },
  ignored: {
    AvailabilityZoneRebalancing: 'a laptop is one zone',
    CapacityProviderStrategy: 'processes, not containers',
    Cluster: 'there is one',
    DeploymentConfiguration: 'a run deploys once',
    EnableECSManagedTags: 'labels',
    EnableExecuteCommand: 'a shell is at hand',
    HealthCheckGracePeriodSeconds: 'a task joins when it accepts connections',
    LaunchType: 'processes, not containers',
    NetworkConfiguration: 'a laptop has one network',
    PropagateTags: 'labels',
    Tags: 'labels',
  },
});

/** Scaling policies are not followed: a service runs as many tasks as it has at rest. */
const scalableTargetType = resourceType({
  type: 'AWS::ApplicationAutoScaling::ScalableTarget',
  emulated: { ResourceId: z.string(), MinCapacity: number },
  ignored: {
    MaxCapacity: 'nothing scales',
    RoleARN: 'there are no permissions',
    ScalableDimension: 'tasks of services only',
    ServiceNamespace: 'tasks of services only',
    Tags: 'labels',
  },
});

/**
 * Reads the ECS services of the templates.
 *
 * @throws {UnsupportedError} that lists everything of them that the local run does not do.
 */
export function readTaskSpecs(deployment: Deployment): readonly TaskSpec[] {
  const findings = new Findings();
  const definitions = readResources(deployment, taskDefinitionType, findings);
  const minima = new Map(
    readResources(deployment, scalableTargetType, findings).map(({ properties }) => [
      properties.ResourceId.split('/').at(-1),
      properties.MinCapacity,
    ]),
  );
  const specs = readResources(deployment, serviceType, findings).flatMap(({ resource, properties }) => {
    const id = deployment.byReference(properties.TaskDefinition)?.id;
    const definition = definitions.find((candidate) => candidate.resource.id === id);
    const [only] = definition?.properties.ContainerDefinitions ?? [];
    if (only === undefined) return [];
    const environment = Object.fromEntries(only.Environment.map(({ Name, Value }) => [Name, Value]));
    return [
      {
        name: environment['SERVICE_NAME'] ?? resource.logicalId,
        environment,
        targetGroups: properties.LoadBalancers.map(({ TargetGroupArn }) => TargetGroupArn),
        count: properties.DesiredCount ?? minima.get(resource.id) ?? 1,
      },
    ];
  });
  findings.throwIfAny();
  return specs;
}
