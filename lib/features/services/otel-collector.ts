import {
  Capability,
  ContainerImage,
  type FargateTaskDefinition,
  LinuxParameters,
  type LogDriver,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { acknowledge } from '../common/acknowledgements.ts';

/** An OpenTelemetry collector in a service's task, and its share of CPU and memory. */
export interface CollectorSettings {
  /** Image, pinned by digest: `REPOSITORY:TAG@sha256:DIGEST`. */
  readonly image: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Percentage of the traces that start at the service, 0 to 100. */
  readonly sampledPercent: number;
}

/**
 * Environment variables of a service in the same task: the endpoint for spans (OTLP over HTTP) and the sampling. The names
 * are OpenTelemetry's (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
 */
export function collectorVariables({ sampledPercent }: CollectorSettings): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(sampledPercent / 100),
  };
}

/** Configuration of the collector: OTLP in, X-Ray out. A memory limit below the container's protects the service. */
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

/** Adds the collector to a task. The service continues if the collector fails. */
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
    // User `aoc` in the image of the AWS Distro for OpenTelemetry.
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
