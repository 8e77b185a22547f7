import { z } from 'zod';
import { attributes, nested, number, resourceType } from '../../engine/resource-type.ts';

/** What of the load balancer's resources is emulated. Everything else is refused before anything listens. */

export const loadBalancerType = resourceType({
  type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  emulated: {
    Type: z.literal('application').optional(),
    LoadBalancerAttributes: attributes.optional(),
  },
  ignored: {
    Name: 'a name',
    Scheme: 'a laptop has one network, and everything listens on loopback',
    IpAddressType: 'a laptop has one network',
    SecurityGroups: 'a laptop has no network filter',
    Subnets: 'a laptop has one network',
    SubnetMappings: 'a laptop has one network',
    Tags: 'labels',
  },
});

/** Attributes of a load balancer: those that are done, and those that concern AWS's machines only. */
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

/** Parses by the word that says which shape it is, so that a fault is told of that shape alone. */
function variants<Schemas extends Readonly<Record<string, z.ZodType>>>(
  word: string,
  schemas: Schemas,
): z.ZodType<z.output<Schemas[keyof Schemas]>> {
  return z.unknown().transform((value, context) => {
    const name = String((value as Readonly<Record<string, unknown>> | null)?.[word]);
    const schema = schemas[name];
    if (schema === undefined) {
      context.addIssue({
        code: 'custom',
        message: `${word} ${name} is not emulated, only ${Object.keys(schemas).join(', ')}.`,
      });
      return z.NEVER;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data as z.output<Schemas[keyof Schemas]>;
    // zod's own issues, one level down: their paths are completed by the caller's.
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
  ignored: { Tags: 'labels' },
});

export const listenerRuleType = resourceType({
  type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
  emulated: {
    ListenerArn: z.string(),
    Priority: number,
    Conditions: z.array(condition),
    Actions: z.array(action).length(1),
    // One of each type at most ("Transforms for listener rules").
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
  ignored: { Tags: 'labels' },
});

export const targetGroupType = resourceType({
  type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
  emulated: {
    Protocol: z.literal('HTTP'),
    ProtocolVersion: z.literal('HTTP1').optional(),
    TargetType: z.literal('ip'),
    // Of the targets that are named without one; a task has its own.
    Port: number.default(80),
    Targets: z.array(nested({ Id: z.string(), Port: number.optional() }, ['AvailabilityZone'])).default([]),
    TargetGroupAttributes: attributes.optional(),
    HealthCheckEnabled: z.literal(true).optional(),
    HealthCheckPath: z.string().default('/'),
    HealthCheckPort: z.literal('traffic-port').optional(),
    HealthCheckProtocol: z.literal('HTTP').optional(),
    // Defaults of the API reference, CreateTargetGroup.
    HealthCheckIntervalSeconds: number.default(30),
    HealthCheckTimeoutSeconds: number.default(5),
    HealthyThresholdCount: number.default(5),
    UnhealthyThresholdCount: number.default(2),
    Matcher: nested({ HttpCode: z.string() }).default({ HttpCode: '200' }),
  },
  ignored: {
    Name: 'a name',
    IpAddressType: 'a laptop has one network',
    VpcId: 'a laptop has one network',
    Tags: 'labels',
  },
});

/** Attributes of a target group: those that are done, and those that have no meaning on a laptop. */
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
    // Statistics over many targets; a laptop has one or two.
    'load_balancing.algorithm.anomaly_mitigation',
    'load_balancing.cross_zone.enabled',
    'target_group_health.dns_failover.minimum_healthy_targets.count',
    'target_group_health.dns_failover.minimum_healthy_targets.percentage',
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count',
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage',
  ],
} as const;
