/** The trace of an `X-Amzn-Trace-Id` header, in OpenTelemetry's format. */
export interface XRayTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits; null without a parent span, as after a load balancer. */
  readonly parentId: string | null;
}

/**
 * Reads `X-Amzn-Trace-Id`. A load balancer sends `Root`, sometimes with `Self`. API Gateway and Lambda with X-Ray add
 * `Parent` and `Sampled`. `Sampled` is ignored, because callers can send it
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html,
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
 *
 * @returns undefined for an invalid header.
 */
export function readXRayTrace(header: string): XRayTrace | undefined {
  const fields = new Map(
    header.split(';').map((field) => {
      const [name = '', value = ''] = field.trim().split('=');
      return [name, value] as const;
    }),
  );
  const root = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/.exec(fields.get('Root') ?? '');
  if (root === null) return undefined;
  const parent = fields.get('Parent') ?? '';
  return {
    traceId: `${root[1]}${root[2]}`,
    parentId: /^[0-9a-f]{16}$/.test(parent) ? parent : null,
  };
}
