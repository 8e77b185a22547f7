/** Image of the AWS Distro for OpenTelemetry collector, the sidecar of the services. */
export const collectorImage =
  'public.ecr.aws/aws-observability/aws-otel-collector:v0.48.0@sha256:9b28046359054b414f4ba76056ba4e8cffda2d53fbcee06171d7eeecd71326c3';
