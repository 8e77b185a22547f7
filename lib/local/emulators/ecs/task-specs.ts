import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { nested, number, readResources, resourceType } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';

/** What the templates say of one ECS service, as far as a laptop runs it. */
export interface TaskSpec {
  /** The container's `SERVICE_NAME`, or the service's logical id. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Ids of the target groups that its tasks join. */
  readonly targetGroups: readonly string[];
  /** How many tasks run at once. */
  readonly count: number;
  /** Containers of its task that are not run, such as a collector. */
  readonly sideCars?: readonly string[];
  /** Where its task listens, when others know that already; else each task has a free port of its own. */
  readonly port?: number;
}

const container = nested(
  {
    Name: z.string(),
    Environment: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]),
    Secrets: z.array(z.strictObject({ Name: z.string(), ValueFrom: z.string() })).default([]),
    PortMappings: z
      .array(
        nested({ ContainerPort: number, Protocol: z.literal('tcp').optional() }, ['Name', 'AppProtocol']),
      )
      .max(1)
      .default([]),
  },
  // The image holds the same program that runs here; the rest concerns its container and its log.
  [
    ...(['Cpu', 'Essential', 'Image', 'LinuxParameters', 'LogConfiguration'] as const),
    ...(['Memory', 'ReadonlyRootFilesystem', 'User'] as const),
  ],
);

const taskDefinitionType = resourceType({
  type: 'AWS::ECS::TaskDefinition',
  emulated: { ContainerDefinitions: z.array(container).min(1) },
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
      .array(
        nested({ ContainerName: z.string(), ContainerPort: number, TargetGroupArn: z.string() }, [
          // By which ECS moves calls from one target group to another; a run deploys once.
          'AdvancedConfiguration',
        ]),
      )
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
    ServiceConnectConfiguration: "services that call others are told the others' own addresses",
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
    ScheduledActions: 'nothing scales',
    ScalableDimension: 'tasks of services only',
    ServiceNamespace: 'tasks of services only',
    Tags: 'labels',
  },
});

/**
 * Reads the ECS services of the templates. Of a task's containers, the one that the load balancer sends to is run.
 *
 * @param secret the value of a secret by its name. Throws when there is none.
 * @throws {UnsupportedError} that lists everything of them that the local run does not do.
 */
export function readTaskSpecs(deployment: Deployment, secret: (name: string) => string): readonly TaskSpec[] {
  const findings = new UnsupportedFeatures();
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
    const containers = definition?.properties.ContainerDefinitions ?? [];
    const served = properties.LoadBalancers[0]?.ContainerName;
    const main = containers.find(({ Name }) => served === undefined || Name === served);
    if (definition === undefined || main === undefined) return [];
    const secrets = main.Secrets.flatMap(({ Name, ValueFrom }) => {
      // An ARN without the six characters that AWS adds: the name is its last part.
      const name = ValueFrom.slice(ValueFrom.lastIndexOf(':') + 1);
      try {
        return [[Name, secret(name)] as const];
      } catch (error) {
        findings.add(definition.resource, `ContainerDefinitions.Secrets.${Name}`, String(error));
        return [];
      }
    });
    const environment = Object.fromEntries([
      ...main.Environment.map(({ Name, Value }) => [Name, Value] as const),
      ...secrets,
    ]);
    const sideCars = containers.filter((one) => one !== main).map(({ Name }) => Name);
    return [
      {
        name: environment['SERVICE_NAME'] ?? resource.logicalId,
        environment,
        targetGroups: properties.LoadBalancers.map(({ TargetGroupArn }) => TargetGroupArn),
        count: properties.DesiredCount ?? minima.get(resource.id) ?? 1,
        ...(sideCars.length === 0 ? {} : { sideCars }),
      },
    ];
  });
  findings.throwIfAny();
  return specs;
}
