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
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values ECS reads from Secrets Manager when a task starts; no template holds them. */
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly collector?: CollectorSettings | undefined;
  /** For ECS Exec, whose agent writes there. */
  readonly writableRoot: boolean;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * A task on Graviton whose service can write nowhere but its log, runs as nobody in particular and may do what its role
 * is granted, which is nothing at first. A collector beside it takes its part of the task's size.
 */
export class ServiceTask extends Construct {
  readonly definition: FargateTaskDefinition;
  /** Of the service's port, for those who find it by name. */
  readonly portName = 'http';
  /** Into the task's log group; a slow log must not hold up requests. */
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
    // An init process reaps and passes signals on; no Linux capability is left to the container.
    const linuxParameters = new LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    linuxParameters.dropCapabilities(Capability.ALL);
    this.definition.addContainer('service', {
      image: props.image,
      // `node` in the official images of Node.js.
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
      "The variables are the task's role, port, name and event log, and where its collector is; none is secret, and a revision pins them together.",
    );
    acknowledge(
      this.definition.obtainExecutionRole(),
      'IAM5[Resource::*]',
      'ecr:GetAuthorizationToken knows no resource; what the token may pull is limited to one repository.',
    );
  }
}
