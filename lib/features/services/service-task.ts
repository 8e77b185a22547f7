import type { RemovalPolicy } from 'aws-cdk-lib';
import {
  AppProtocol,
  AwsLogDriverMode,
  Capability,
  type ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  LinuxParameters,
  type LogDriver,
  LogDrivers,
  OperatingSystemFamily,
  type Secret,
} from 'aws-cdk-lib/aws-ecs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { addCollector, type CollectorSettings, collectorVariables } from './otel-collector.ts';

export interface ServiceTaskProps {
  readonly image: ContainerImage;
  /** @default - the command of the image */
  readonly command?: readonly string[] | undefined;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values ECS reads from Secrets Manager at the start of a task. Templates do not contain the values. */
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly collector?: CollectorSettings | undefined;
  /** For ECS Exec, whose agent writes to the root file system. */
  readonly writableRoot: boolean;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * A Fargate task on Graviton with a read-only root file system, a non-root user, and a task role that has no permissions until
 * they are granted. The collector gets its share of the task's size.
 */
export class ServiceTask extends Construct {
  readonly definition: FargateTaskDefinition;
  /** Name of the service's port mapping, for Service Connect. */
  readonly portName = 'http';
  /** Logs to the task's log group, non-blocking, so that slow logging does not delay requests. */
  readonly logDriver: (streamPrefix: string) => LogDriver;

  constructor(scope: Construct, id: string, props: ServiceTaskProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    this.definition = new FargateTaskDefinition(this, 'Definition', {
      cpu: props.cpu,
      memoryLimitMiB: props.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    this.logDriver = (streamPrefix) =>
      LogDrivers.awsLogs({ logGroup, streamPrefix, mode: AwsLogDriverMode.NON_BLOCKING });
    const { collector } = props;
    // An init process reaps children and forwards signals. All Linux capabilities are dropped.
    const linuxParameters = new LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    linuxParameters.dropCapabilities(Capability.ALL);
    this.definition.addContainer('service', {
      image: props.image,
      ...(props.command === undefined ? {} : { command: [...props.command] }),
      // User `node` of the official Node.js images.
      user: '1000:1000',
      readonlyRootFilesystem: !props.writableRoot,
      linuxParameters,
      environment: {
        ...props.environment,
        ...(collector === undefined ? {} : collectorVariables(collector)),
      },
      secrets: { ...props.secrets },
      portMappings: [{ name: this.portName, containerPort: props.port, appProtocol: AppProtocol.http }],
      logging: this.logDriver('service'),
      ...(collector === undefined
        ? {}
        : { cpu: props.cpu - collector.cpu, memoryLimitMiB: props.memoryMiB - collector.memoryMiB }),
    });
    if (collector !== undefined) {
      addCollector(this.definition, collector, this.logDriver('collector'));
    }
    acknowledge(
      this.definition,
      'ECS2',
      "The variables are the task's role, port, name, event log and collector; none is secret, and a revision pins them together.",
    );
    acknowledge(
      this.definition.obtainExecutionRole(),
      'IAM5[Resource::*]',
      'ecr:GetAuthorizationToken knows no resource; what the token may pull is limited to one repository.',
    );
  }
}
