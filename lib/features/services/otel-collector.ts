import {
  Capability,
  ContainerImage,
  type FargateTaskDefinition,
  LinuxParameters,
  type LogDriver,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { acknowledge } from '../common/acknowledgements.ts';

/** An OpenTelemetry collector beside a service, and what it takes of the task. */
export interface CollectorSettings {
  /** Pinned by digest: `REPOSITORY:TAG@sha256:DIGEST`. */
  readonly image: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Of the traces that begin at the service, from 0 to 100. */
  readonly sampledPercent: number;
}

/**
 * What a service of the same task is told: where to send spans, OTLP over HTTP, and of how many traces. The names are
 * OpenTelemetry's (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
 */
export function collectorVariables({ sampledPercent }: CollectorSettings): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(sampledPercent / 100),
  };
}

/** Traces in, by OTLP; X-Ray out. Memory stays within the container's, so that the service keeps its own. */
const configuration = ({ memoryMiB }: CollectorSettings) => `
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:4318
processors:
  memory_limiter:
    check_interval: 1s
    limit_mib: ${Math.floor(memoryMiB * 0.75)}
  batch:
    timeout: 1s
exporters:
  awsxray:
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [awsxray]
`;

/** Adds the collector to a task. The service goes on when it fails. */
export function addCollector(
  task: FargateTaskDefinition,
  settings: CollectorSettings,
  logging: LogDriver,
): void {
  const linuxParameters = new LinuxParameters(task, 'CollectorLinux', { initProcessEnabled: true });
  linuxParameters.dropCapabilities(Capability.ALL);
  task.addContainer('collector', {
    image: ContainerImage.fromRegistry(settings.image),
    cpu: settings.cpu,
    memoryLimitMiB: settings.memoryMiB,
    essential: false,
    readonlyRootFilesystem: true,
    // `aoc` in the image of the AWS Distro for OpenTelemetry.
    user: '4317:4317',
    linuxParameters,
    environment: { AOT_CONFIG_CONTENT: configuration(settings) },
    logging,
  });
  task.addToTaskRolePolicy(
    new PolicyStatement({
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      resources: ['*'],
    }),
  );
  acknowledge(task.taskRole, 'IAM5[Resource::*]', 'X-Ray knows no resources to write traces to.');
}
