/** The AWS Distro for OpenTelemetry that stands beside the services. */
export const collectorImage = 'public.ecr.aws/aws-observability/aws-otel-collector:v0.48.0';
