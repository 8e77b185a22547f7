import { z } from 'zod';
import { attributes, nested, number, resourceType } from '../../engine/resource-type.ts';

/** The emulated properties of load balancer resources. The local run refuses to start with any other property. */

export const loadBalancerType = resourceType({
  type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  emulated: {
    Type: z.literal('application').optional(),
    LoadBalancerAttributes: attributes.optional(),
  },
  ignored: {
    Name: 'the name has no effect locally',
    Scheme: 'every local server listens on the loopback address',
    IpAddressType: 'the local run uses the loopback network',
    SecurityGroups: 'the local run has no network filters',
    Subnets: 'the local run uses the loopback network',
    SubnetMappings: 'the local run uses the loopback network',
    Tags: 'tags have no effect locally',
  },
});

/** The attributes of load balancers: the emulated ones, and those that have no effect locally. */
export const loadBalancerAttributes = {
  emulated: [
    'idle_timeout.timeout_seconds',
    'routing.http.drop_invalid_header_fields.enabled',
    'routing.http.xff_header_processing.mode',
  ],
  ignored: [
    'access_logs.s3.enabled',
    'access_logs.s3.bucket',
    'access_logs.s3.prefix',
    'connection_logs.s3.enabled',
    'connection_logs.s3.bucket',
    'connection_logs.s3.prefix',
    'health_check_logs.s3.enabled',
    'health_check_logs.s3.bucket',
    'health_check_logs.s3.prefix',
    'client_keep_alive.seconds',
    'deletion_protection.enabled',
    'load_balancing.cross_zone.enabled',
    'routing.http.desync_mitigation_mode',
    'routing.http2.enabled',
    'waf.fail_open.enabled',
    'zonal_shift.config.enabled',
  ],
} as const;

const targetGroups = z.array(z.strictObject({ TargetGroupArn: z.string(), Weight: number.optional() }));

const fixedResponse = nested({
  Type: z.literal('fixed-response'),
  Order: number.optional(),
  FixedResponseConfig: nested({
    StatusCode: z.string(),
    ContentType: z.string().optional(),
    MessageBody: z.string().optional(),
  }),
});

const forward = nested({
  Type: z.literal('forward'),
  Order: number.optional(),
  TargetGroupArn: z.string().optional(),
  ForwardConfig: nested({
    TargetGroups: targetGroups,
    TargetGroupStickinessConfig: nested({ Enabled: z.literal(false).optional() }, [
      'DurationSeconds',
    ]).optional(),
  }).optional(),
});

const redirect = nested({
  Type: z.literal('redirect'),
  Order: number.optional(),
  RedirectConfig: nested({
    StatusCode: z.enum(['HTTP_301', 'HTTP_302']),
    Protocol: z.string().optional(),
    Host: z.string().optional(),
    Port: z.string().optional(),
    Path: z.string().optional(),
    Query: z.string().optional(),
  }),
});

const byType = { 'fixed-response': fixedResponse, forward, redirect } as const;

/** Parses a discriminated union, so that an error concerns only the variant that the value names. */
function variants<Schemas extends Readonly<Record<string, z.ZodType>>>(
  discriminator: string,
  schemas: Schemas,
): z.ZodType<z.output<Schemas[keyof Schemas]>> {
  return z.unknown().transform((value, context) => {
    const name = String((value as Readonly<Record<string, unknown>> | null)?.[discriminator]);
    const schema = schemas[name];
    if (schema === undefined) {
      context.addIssue({
        code: 'custom',
        message: `${discriminator} ${name} is not emulated, only ${Object.keys(schemas).join(', ')}.`,
      });
      return z.NEVER;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data as z.output<Schemas[keyof Schemas]>;
    // The caller completes the paths of the nested issues.
    for (const issue of parsed.error.issues) context.issues.push(issue as never);
    return z.NEVER;
  }) as z.ZodType<z.output<Schemas[keyof Schemas]>>;
}

export const action = variants('Type', byType);
export type ActionProperties = z.output<typeof action>;

const values = z.array(z.string());
const valuesConfig = nested({ Values: values });

export const condition = variants('Field', {
  'http-header': nested({
    Field: z.literal('http-header'),
    HttpHeaderConfig: nested({ HttpHeaderName: z.string(), Values: values }),
  }),
  'path-pattern': nested({
    Field: z.literal('path-pattern'),
    Values: values.optional(),
    PathPatternConfig: valuesConfig.optional(),
  }),
  'host-header': nested({
    Field: z.literal('host-header'),
    Values: values.optional(),
    HostHeaderConfig: valuesConfig.optional(),
  }),
  'http-request-method': nested({
    Field: z.literal('http-request-method'),
    HttpRequestMethodConfig: valuesConfig,
  }),
  'query-string': nested({
    Field: z.literal('query-string'),
    QueryStringConfig: nested({
      Values: z.array(z.strictObject({ Key: z.string().optional(), Value: z.string() })),
    }),
  }),
  'source-ip': nested({ Field: z.literal('source-ip'), SourceIpConfig: valuesConfig }),
});
export type ConditionProperties = z.output<typeof condition>;

export const listenerType = resourceType({
  type: 'AWS::ElasticLoadBalancingV2::Listener',
  emulated: {
    LoadBalancerArn: z.string(),
    Port: number,
    Protocol: z.literal('HTTP'),
    DefaultActions: z.array(action).length(1),
  },
  ignored: { Tags: 'tags have no effect locally' },
});

export const listenerRuleType = resourceType({
  type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
  emulated: {
    ListenerArn: z.string(),
    Priority: number,
    Conditions: z.array(condition),
    Actions: z.array(action).length(1),
    // At most one transform of each type ("Transforms for listener rules").
    Transforms: z
      .array(
        nested({
          Type: z.literal('url-rewrite'),
          UrlRewriteConfig: nested({
            Rewrites: z.array(z.strictObject({ Regex: z.string(), Replace: z.string() })).length(1),
          }),
        }),
      )
      .max(1)
      .default([]),
  },
  ignored: { Tags: 'tags have no effect locally' },
});

export const targetGroupType = resourceType({
  type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
  emulated: {
    Protocol: z.literal('HTTP'),
    ProtocolVersion: z.literal('HTTP1').optional(),
    TargetType: z.literal('ip'),
    // The port of named targets without a port; a task has its own port.
    Port: number.default(80),
    Targets: z.array(nested({ Id: z.string(), Port: number.optional() }, ['AvailabilityZone'])).default([]),
    TargetGroupAttributes: attributes.optional(),
    HealthCheckEnabled: z.literal(true).optional(),
    HealthCheckPath: z.string().default('/'),
    HealthCheckPort: z.literal('traffic-port').optional(),
    HealthCheckProtocol: z.literal('HTTP').optional(),
    // The defaults of CreateTargetGroup in the API reference.
    HealthCheckIntervalSeconds: number.default(30),
    HealthCheckTimeoutSeconds: number.default(5),
    HealthyThresholdCount: number.default(5),
    UnhealthyThresholdCount: number.default(2),
    Matcher: nested({ HttpCode: z.string() }).default({ HttpCode: '200' }),
  },
  ignored: {
    Name: 'the name has no effect locally',
    IpAddressType: 'the local run uses the loopback network',
    VpcId: 'the local run uses the loopback network',
    Tags: 'tags have no effect locally',
  },
});

/** The attributes of target groups: the emulated ones, and those that have no effect locally. */
export const targetGroupAttributes = {
  emulated: [
    'deregistration_delay.timeout_seconds',
    'load_balancing.algorithm.type',
    'slow_start.duration_seconds',
    'stickiness.enabled',
    'stickiness.lb_cookie.duration_seconds',
    'stickiness.type',
  ],
  ignored: [
    // These compare many targets; the local run has one or two.
    'load_balancing.algorithm.anomaly_mitigation',
    'load_balancing.cross_zone.enabled',
    'target_group_health.dns_failover.minimum_healthy_targets.count',
    'target_group_health.dns_failover.minimum_healthy_targets.percentage',
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count',
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage',
  ],
} as const;
