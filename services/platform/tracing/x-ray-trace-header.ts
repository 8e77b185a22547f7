/** What `X-Amzn-Trace-Id` says, in OpenTelemetry's words. */
export interface XRayTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits; null where no span stands above, as after a load balancer. */
  readonly parentId: string | null;
}

/**
 * Reads `X-Amzn-Trace-Id`. A load balancer sends `Root` alone or with its own `Self`, API Gateway and Lambda with
 * X-Ray add `Parent` and `Sampled`; the last is not read, since callers can send it
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html,
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
 *
 * @returns undefined for what is no such header.
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
