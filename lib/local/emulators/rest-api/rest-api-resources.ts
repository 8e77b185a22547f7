import { z } from 'zod';
import { boolean, nested, number, resourceType } from '../../engine/resource-type.ts';

/** The emulated properties of REST API resources. The local run refuses to start with any other property. */

export const restApiType = resourceType({
  type: 'AWS::ApiGateway::RestApi',
  emulated: {
    ApiKeySourceType: z.literal('HEADER').default('HEADER'),
    EndpointConfiguration: nested({ Types: z.array(z.literal('REGIONAL')).length(1) }),
  },
  ignored: {
    Name: 'the name has no effect locally',
    Description: 'descriptive text has no effect locally',
    Tags: 'tags have no effect locally',
  },
});

export const resourceOfApiType = resourceType({
  type: 'AWS::ApiGateway::Resource',
  emulated: { RestApiId: z.string(), ParentId: z.string(), PathPart: z.string() },
  ignored: {},
});

const parameters = z.record(z.string(), z.string());

export const methodType = resourceType({
  type: 'AWS::ApiGateway::Method',
  emulated: {
    RestApiId: z.string(),
    ResourceId: z.string(),
    HttpMethod: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
    AuthorizationType: z.enum(['CUSTOM', 'NONE']),
    AuthorizerId: z.string().optional(),
    ApiKeyRequired: boolean.default(false),
    RequestParameters: z.record(z.string(), boolean).default({}),
    RequestModels: z.partialRecord(z.enum(['application/json', '$default']), z.string()).optional(),
    RequestValidatorId: z.string().optional(),
    Integration: nested({
      Type: z.literal('HTTP_PROXY'),
      ConnectionType: z.literal('VPC_LINK'),
      ConnectionId: z.string(),
      IntegrationTarget: z.string(),
      IntegrationHttpMethod: z.string(),
      Uri: z.string().startsWith('http://', 'is not emulated, only http://…'),
      // The default maximum timeout of a REST API is 29 seconds ("Amazon API Gateway quotas").
      TimeoutInMillis: number.default(29_000),
      RequestParameters: parameters.default({}),
    }),
  },
  ignored: {},
});

export const deploymentType = resourceType({
  type: 'AWS::ApiGateway::Deployment',
  emulated: { RestApiId: z.string() },
  ignored: { Description: 'descriptive text has no effect locally' },
});

export const stageOfApiType = resourceType({
  type: 'AWS::ApiGateway::Stage',
  emulated: {
    RestApiId: z.string(),
    DeploymentId: z.string(),
    StageName: z.string(),
    AccessLogSetting: nested({ Format: z.string() }, ['DestinationArn']).optional(),
    MethodSettings: z
      .array(
        nested(
          {
            HttpMethod: z.literal('*'),
            ResourcePath: z.literal('/*'),
            ThrottlingRateLimit: number.optional(),
            ThrottlingBurstLimit: number.optional(),
            CachingEnabled: z.literal(false).optional(),
          },
          ['DataTraceEnabled', 'LoggingLevel', 'MetricsEnabled'],
        ),
      )
      .max(1)
      .default([]),
  },
  ignored: {
    Description: 'descriptive text has no effect locally',
    Tags: 'tags have no effect locally',
    TracingEnabled: 'the local run records no traces',
  },
});

export const authorizerOfApiType = resourceType({
  type: 'AWS::ApiGateway::Authorizer',
  emulated: {
    RestApiId: z.string(),
    Type: z.literal('REQUEST'),
    AuthorizerUri: z.string(),
    /** A comma-separated list. */
    IdentitySource: z
      .string()
      .regex(/^(method\.request\.header\.[\w-]+(,|$))*$/, 'is not emulated, only headers.')
      .default(''),
    // The default of CreateAuthorizer in the API reference.
    AuthorizerResultTtlInSeconds: number.default(300),
  },
  ignored: { Name: 'the name has no effect locally' },
});

export const requestValidatorType = resourceType({
  type: 'AWS::ApiGateway::RequestValidator',
  emulated: {
    RestApiId: z.string(),
    ValidateRequestBody: boolean.default(false),
    ValidateRequestParameters: boolean.default(false),
  },
  ignored: { Name: 'the name has no effect locally' },
});

export const modelType = resourceType({
  type: 'AWS::ApiGateway::Model',
  emulated: {
    RestApiId: z.string(),
    ContentType: z.literal('application/json'),
    Schema: z.looseObject({ $schema: z.literal('http://json-schema.org/draft-04/schema#') }),
  },
  ignored: { Name: 'the name has no effect locally', Description: 'descriptive text has no effect locally' },
});

export const gatewayResponseType = resourceType({
  type: 'AWS::ApiGateway::GatewayResponse',
  emulated: {
    RestApiId: z.string(),
    ResponseType: z.string(),
    StatusCode: z.string().optional(),
    ResponseParameters: z
      .record(
        z.string().startsWith('gatewayresponse.header.'),
        z.string().regex(/^'[^']*'$/, 'must be a text in single quotes.'),
      )
      .default({}),
    ResponseTemplates: z.record(z.literal('application/json'), z.string()).optional(),
  },
  ignored: {},
});

export const usagePlanType = resourceType({
  type: 'AWS::ApiGateway::UsagePlan',
  emulated: {
    ApiStages: z.array(
      nested({ ApiId: z.string(), Stage: z.string(), Throttle: z.strictObject({}).optional() }),
    ),
    Throttle: nested({ RateLimit: number, BurstLimit: number }).optional(),
    Quota: nested({ Limit: number, Period: z.literal('MONTH') }).optional(),
  },
  ignored: {
    UsagePlanName: 'the name has no effect locally',
    Description: 'descriptive text has no effect locally',
    Tags: 'tags have no effect locally',
  },
});

export const usagePlanKeyType = resourceType({
  type: 'AWS::ApiGateway::UsagePlanKey',
  emulated: { KeyId: z.string(), KeyType: z.literal('API_KEY'), UsagePlanId: z.string() },
  ignored: {},
});

export const apiKeyType = resourceType({
  type: 'AWS::ApiGateway::ApiKey',
  emulated: { Name: z.string(), Value: z.string().optional(), Enabled: boolean.default(false) },
  ignored: { Description: 'descriptive text has no effect locally', Tags: 'tags have no effect locally' },
});

export const firewallAssociationType = resourceType({
  type: 'AWS::WAFv2::WebACLAssociation',
  emulated: { ResourceArn: z.string(), WebACLArn: z.string() },
  ignored: {},
});

/** All emulated resource types of REST APIs. */
export const restApiTypes = [
  restApiType,
  resourceOfApiType,
  methodType,
  deploymentType,
  stageOfApiType,
  authorizerOfApiType,
  requestValidatorType,
  modelType,
  gatewayResponseType,
  usagePlanType,
  usagePlanKeyType,
  apiKeyType,
  firewallAssociationType,
];
