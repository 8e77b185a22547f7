import type { RemovalPolicy } from 'aws-cdk-lib';
import {
  AwsLogDriverMode,
  Capability,
  type ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
  type Secret,
} from 'aws-cdk-lib/aws-ecs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';

export interface ServiceTaskProps {
  readonly image: ContainerImage;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Variables whose values ECS reads from Secrets Manager when a task starts.
   *
   * @default - none
   */
  readonly secretFields?: Readonly<Record<string, Secret>>;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * A task of one container on Graviton that can write nowhere but its log, runs as nobody in particular and may do what
 * its role is granted, which is nothing at first.
 */
export class ServiceTask extends Construct {
  readonly definition: FargateTaskDefinition;

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
    // An init process reaps and passes signals on; no Linux capability is left to the container.
    const linuxParameters = new LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    linuxParameters.dropCapabilities(Capability.ALL);
    this.definition.addContainer('service', {
      image: props.image,
      // `node` in the official images of Node.js.
      user: '1000:1000',
      readonlyRootFilesystem: true,
      linuxParameters,
      environment: { ...props.environment },
      secrets: { ...props.secretFields },
      portMappings: [{ containerPort: props.port }],
      logging: LogDrivers.awsLogs({
        logGroup,
        streamPrefix: 'service',
        // A slow log must not hold up requests.
        mode: AwsLogDriverMode.NON_BLOCKING,
      }),
    });
    acknowledge(
      this.definition,
      'ECS2',
      "The variables are the task's role, port, name and event log; none is secret, and a revision pins them together.",
    );
    acknowledge(
      this.definition.obtainExecutionRole(),
      'IAM5[Resource::*]',
      'ecr:GetAuthorizationToken knows no resource; what the token may pull is limited to one repository.',
    );
  }
}
