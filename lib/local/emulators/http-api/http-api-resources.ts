import { z } from 'zod';
import { boolean, nested, number, resourceType } from '../../engine/resource-type.ts';

/** The emulated properties of HTTP API resources. The local run refuses to start with any other property. */

export const apiType = resourceType({
  type: 'AWS::ApiGatewayV2::Api',
  emulated: {
    ProtocolType: z.literal('HTTP'),
    RouteSelectionExpression: z.literal('$request.method $request.path').optional(),
    CorsConfiguration: nested({
      AllowOrigins: z.array(z.string()).optional(),
      AllowMethods: z.array(z.string()).optional(),
      AllowHeaders: z.array(z.string()).optional(),
      ExposeHeaders: z.array(z.string()).optional(),
      MaxAge: number.optional(),
      AllowCredentials: boolean.optional(),
    }).optional(),
  },
  ignored: {
    Name: 'the name has no effect locally',
    Description: 'descriptive text has no effect locally',
    Tags: 'tags have no effect locally',
    IpAddressType: 'the local run uses the loopback network',
    DisableExecuteApiEndpoint: 'the local API has one address',
    FailOnWarnings: 'applies to deployments only',
  },
});

const routeSettings = nested(
  { ThrottlingBurstLimit: number.optional(), ThrottlingRateLimit: number.optional() },
  ['DetailedMetricsEnabled'],
);

export const stageType = resourceType({
  type: 'AWS::ApiGatewayV2::Stage',
  emulated: {
    ApiId: z.string(),
    // The name of any other stage is the first segment of every path.
    StageName: z.literal('$default'),
    AutoDeploy: z.literal(true),
    DefaultRouteSettings: routeSettings.optional(),
    RouteSettings: z.record(z.string(), routeSettings).optional(),
    AccessLogSettings: nested({ Format: z.string() }, ['DestinationArn']).optional(),
    StageVariables: z.record(z.string(), z.string()).optional(),
  },
  ignored: { Description: 'descriptive text has no effect locally', Tags: 'tags have no effect locally' },
});

export const routeType = resourceType({
  type: 'AWS::ApiGatewayV2::Route',
  emulated: {
    ApiId: z.string(),
    RouteKey: z.string(),
    Target: z.string(),
    AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
    AuthorizerId: z.string().optional(),
  },
  ignored: { OperationName: 'the name has no effect locally' },
});

export const integrationType = resourceType({
  type: 'AWS::ApiGatewayV2::Integration',
  emulated: {
    ApiId: z.string(),
    IntegrationType: z.enum(['HTTP_PROXY', 'AWS_PROXY']),
    IntegrationUri: z.string(),
    IntegrationMethod: z.string().optional(),
    ConnectionType: z.enum(['VPC_LINK', 'INTERNET']).optional(),
    ConnectionId: z.string().optional(),
    PayloadFormatVersion: z.enum(['1.0', '2.0']),
    // The maximum timeout of an HTTP API is 30 seconds ("Quotas for HTTP APIs").
    TimeoutInMillis: number.default(30_000),
    RequestParameters: z.record(z.string(), z.string()).optional(),
    ResponseParameters: z
      .record(
        z.string().regex(/^[2-5]\d\d$/, 'is not a status code from 200 to 599.'),
        z.strictObject({
          ResponseParameters: z.array(z.strictObject({ Destination: z.string(), Source: z.string() })),
        }),
      )
      .optional(),
  },
  ignored: { Description: 'descriptive text has no effect locally' },
});

export const authorizerType = resourceType({
  type: 'AWS::ApiGatewayV2::Authorizer',
  emulated: {
    ApiId: z.string(),
    AuthorizerType: z.literal('REQUEST'),
    AuthorizerUri: z.string(),
    AuthorizerPayloadFormatVersion: z.literal('2.0'),
    // The authorizer must decide every request, so its result must not be cached.
    AuthorizerResultTtlInSeconds: z.preprocess((value) => (value === '0' ? 0 : value), z.literal(0)),
    EnableSimpleResponses: z.literal(true),
    IdentitySource: z.array(z.string()).default([]),
  },
  ignored: { Name: 'the name has no effect locally' },
});

export const vpcLinkType = resourceType({
  type: 'AWS::ApiGatewayV2::VpcLink',
  emulated: {},
  ignored: {
    Name: 'the name has no effect locally',
    SecurityGroupIds: 'the local run has no network filters',
    SubnetIds: 'the local run uses the loopback network',
    Tags: 'tags have no effect locally',
  },
});
