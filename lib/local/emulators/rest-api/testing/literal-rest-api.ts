import type { SampleResources } from '../../../engine/testing/literal-deployment.ts';

const own = 'AWS::ApiGateway::';
const of = { RestApiId: 'test.Rest' };

const method = (ResourceId: string, HttpMethod: string, more: object = {}, path = '/api/things') => ({
  type: `${own}Method`,
  properties: {
    ...of,
    ResourceId,
    HttpMethod,
    AuthorizationType: 'CUSTOM',
    AuthorizerId: 'test.Origin',
    ApiKeyRequired: true,
    RequestValidatorId: 'test.Validator',
    RequestParameters: { 'method.request.header.x-viewer': false },
    Integration: {
      Type: 'HTTP_PROXY',
      ConnectionType: 'VPC_LINK',
      ConnectionId: 'test.Link',
      IntegrationTarget: 'test.Balancer',
      IntegrationHttpMethod: HttpMethod,
      Uri: `http://test.Balancer.elb.amazonaws.com${path}`,
      TimeoutInMillis: 100,
      RequestParameters: {
        'integration.request.header.x-gw-decision': "'allow'",
        'integration.request.header.x-client-id': 'context.identity.apiKeyId',
        'integration.request.header.x-client-address': 'method.request.header.x-viewer',
        'integration.request.header.x-api-key': "'-'",
      },
    },
    ...more,
  },
});

const response = (ResponseType: string, StatusCode: string, template: string, headers: object = {}) => ({
  type: `${own}GatewayResponse`,
  properties: {
    ...of,
    ResponseType,
    StatusCode,
    ResponseParameters: headers,
    ResponseTemplates: { 'application/json': template },
  },
});

const thing = method('test.Things', 'POST', {
  RequestParameters: {
    'method.request.header.x-viewer': false,
    'method.request.header.Idempotency-Key': true,
    'method.request.querystring.country': true,
  },
  RequestModels: { 'application/json': 'test.Model', $default: 'test.Model' },
});
const read = method('test.Thing', 'GET', {}, '/api/things/{id}');

/** A REST API with a load balancer, two usage plans and three keys, for tests. */
export const sampleRestApi: SampleResources = {
  Rest: {
    type: `${own}RestApi`,
    properties: { Name: 'partner', EndpointConfiguration: { Types: ['REGIONAL'] } },
  },
  Things: {
    type: `${own}Resource`,
    properties: { ...of, ParentId: 'test.Rest', PathPart: 'things' },
  },
  Thing: { type: `${own}Resource`, properties: { ...of, ParentId: 'test.Things', PathPart: '{id}' } },
  Post: thing,
  Get: {
    ...read,
    properties: {
      ...read.properties,
      RequestParameters: { ...read.properties.RequestParameters, 'method.request.path.id': true },
      Integration: {
        ...read.properties.Integration,
        RequestParameters: {
          ...read.properties.Integration.RequestParameters,
          'integration.request.path.id': 'method.request.path.id',
        },
      },
    },
  },
  Deployment: { type: `${own}Deployment`, properties: of },
  Stage: {
    type: `${own}Stage`,
    properties: {
      ...of,
      DeploymentId: 'test.Deployment',
      StageName: 'partner',
      AccessLogSetting: {
        Format:
          '{"status":"$context.status","client":"$context.identity.apiKeyId","route":"$context.httpMethod $context.resourcePath","type":"$context.error.responseType","latency":"$context.integration.latency"}',
      },
      MethodSettings: [
        { HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 1_000 },
      ],
    },
  },
  Origin: {
    type: `${own}Authorizer`,
    properties: {
      ...of,
      Type: 'REQUEST',
      AuthorizerUri: 'arn:aws:apigateway:x:lambda:path/2015-03-31/functions/test.Lock/invocations',
      IdentitySource: 'method.request.header.x-secret',
      AuthorizerResultTtlInSeconds: 60,
    },
  },
  Lock: { type: 'AWS::Lambda::Function', properties: {} },
  Validator: {
    type: `${own}RequestValidator`,
    properties: { ...of, ValidateRequestBody: true, ValidateRequestParameters: true },
  },
  Model: {
    type: `${own}Model`,
    properties: {
      ...of,
      ContentType: 'application/json',
      Schema: {
        $schema: 'http://json-schema.org/draft-04/schema#',
        type: 'object',
        properties: { quantity: { type: 'integer', minimum: 1, maximum: 99 } },
        required: ['quantity'],
        additionalProperties: false,
      },
    },
  },
  Throttled: response('THROTTLED', '429', '{"title":"slow down"}', {
    'gatewayresponse.header.Retry-After': "'1'",
  }),
  BadBody: response('BAD_REQUEST_BODY', '422', '{"detail":"$context.error.validationErrorString"}'),
  NotFound: response(
    'MISSING_AUTHENTICATION_TOKEN',
    '404',
    '{"detail":$context.error.messageString,"id":"$context.requestId"}',
  ),
  Small: {
    type: `${own}UsagePlan`,
    properties: {
      UsagePlanName: 'small',
      ApiStages: [{ ApiId: 'test.Rest', Stage: 'partner', Throttle: {} }],
      Throttle: { RateLimit: 1, BurstLimit: 2 },
      Quota: { Limit: 5, Period: 'MONTH' },
    },
  },
  Unlimited: {
    type: `${own}UsagePlan`,
    properties: { UsagePlanName: 'unlimited', ApiStages: [{ ApiId: 'test.Rest', Stage: 'partner' }] },
  },
  SmallKey: { type: `${own}ApiKey`, properties: { Name: 'small', Enabled: true } },
  UnlimitedKey: { type: `${own}ApiKey`, properties: { Name: 'unlimited', Enabled: true } },
  OffKey: { type: `${own}ApiKey`, properties: { Name: 'off', Enabled: false } },
  LooseKey: { type: `${own}ApiKey`, properties: { Name: 'loose', Enabled: true } },
  SmallMembership: membership('SmallKey', 'Small'),
  UnlimitedMembership: membership('UnlimitedKey', 'Unlimited'),
  OffMembership: membership('OffKey', 'Unlimited'),
  Link: { type: 'AWS::ApiGatewayV2::VpcLink', properties: {} },
  Balancer: { type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', properties: {} },
  Listener: {
    type: 'AWS::ElasticLoadBalancingV2::Listener',
    properties: { LoadBalancerArn: 'test.Balancer' },
  },
};

function membership(key: string, plan: string) {
  return {
    type: `${own}UsagePlanKey`,
    properties: { KeyId: `test.${key}`, KeyType: 'API_KEY', UsagePlanId: `test.${plan}` },
  };
}
