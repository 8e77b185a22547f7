import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { nested, number, readResources, resourceType } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';

/** An ECS service of the templates, as the local run starts it. */
export interface TaskSpec {
  /** The `SERVICE_NAME` of the container, or the logical id of the service. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The ids of the target groups of its tasks. */
  readonly targetGroups: readonly string[];
  /** The number of tasks. */
  readonly count: number;
  /** Other containers of its task, such as a collector; the local run skips them. */
  readonly sideCars?: readonly string[];
  /** The port of its task, when others know it already; otherwise each task gets a free port. */
  readonly port?: number;
  /** What answers instead of the shop's program: a command, or a server that runs already. */
  readonly program?: TaskProgram;
}

export type TaskProgram =
  | { readonly command: readonly string[] }
  /** `http://HOST:PORT`. */
  | { readonly url: string };

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
  // The local run starts the program of the image; the other properties concern the container and its log.
  [
    ...(['Command', 'Cpu', 'Essential', 'Image', 'LinuxParameters', 'LogConfiguration'] as const),
    ...(['Memory', 'ReadonlyRootFilesystem', 'User'] as const),
  ],
);

const taskDefinitionType = resourceType({
  type: 'AWS::ECS::TaskDefinition',
  emulated: { ContainerDefinitions: z.array(container).min(1) },
  ignored: {
    Cpu: 'the local run does not limit processes',
    ExecutionRoleArn: 'the local run does not enforce permissions',
    Family: 'the name has no effect locally',
    Memory: 'the local run does not limit processes',
    NetworkMode: 'the local run uses the loopback network',
    RequiresCompatibilities: 'the local run starts processes, not containers',
    RuntimePlatform: 'the local run uses the platform of this machine',
    Tags: 'tags have no effect locally',
    TaskRoleArn: 'the local run does not enforce permissions',
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
          // ECS uses it to shift traffic between target groups; the local run deploys once.
          'AdvancedConfiguration',
        ]),
      )
      .default([]),
  },
  ignored: {
    AvailabilityZoneRebalancing: 'the local run has one availability zone',
    CapacityProviderStrategy: 'the local run starts processes, not containers',
    Cluster: 'the local run has one cluster',
    DeploymentConfiguration: 'the local run deploys once',
    EnableECSManagedTags: 'tags have no effect locally',
    EnableExecuteCommand: 'the developer has a shell',
    HealthCheckGracePeriodSeconds: 'a task is healthy when it accepts connections',
    LaunchType: 'the local run starts processes, not containers',
    NetworkConfiguration: 'the local run uses the loopback network',
    PropagateTags: 'tags have no effect locally',
    ServiceConnectConfiguration: 'callers get the local addresses of the services',
    Tags: 'tags have no effect locally',
  },
});

/** The local run ignores scaling policies: a service runs its minimum number of tasks. */
const scalableTargetType = resourceType({
  type: 'AWS::ApplicationAutoScaling::ScalableTarget',
  emulated: { ResourceId: z.string(), MinCapacity: number },
  ignored: {
    MaxCapacity: 'the local run does not scale',
    RoleARN: 'the local run does not enforce permissions',
    ScheduledActions: 'the local run does not scale',
    ScalableDimension: 'only tasks of ECS services scale',
    ServiceNamespace: 'only tasks of ECS services scale',
    Tags: 'tags have no effect locally',
  },
});

/**
 * Reads the ECS services of the templates. The local run starts the container that receives traffic.
 *
 * @param secret returns the value of a secret by its name; throws when it does not exist.
 * @throws {UnsupportedError} when a service uses a property that is not emulated.
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
      // A partial ARN without the suffix of AWS: its last part is the name.
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
