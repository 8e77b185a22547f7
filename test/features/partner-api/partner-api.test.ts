import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { VpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { PartnerApi, type PartnerApiRoute } from '../../../lib/features/partner-api/partner-api.ts';
import { PartnerUsagePlans } from '../../../lib/features/partner-api/usage-plans.ts';
import { internalHeaderPrefixes, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { all, newStack, newVpc, only } from '../../support/test-stack.ts';

const route: PartnerApiRoute = {
  service: 'inventory',
  path: '/api/inventory/{id}/reservations',
  requiredQuery: ['country'],
  requiredHeaders: ['Idempotency-Key'],
  body: { type: 'object', properties: {}, required: [], additionalProperties: false },
  timeoutSeconds: 10,
};

function synthesise({
  bypassesEdge = false,
  more = {},
}: {
  bypassesEdge?: boolean;
  more?: Partial<PartnerApiRoute>;
} = {}) {
  const stack = newStack();
  const vpc = newVpc(stack);
  const api = new PartnerApi(stack, 'Partner', {
    name: 'partner',
    description: 'The partner API.',
    vpcLink: new VpcLink(stack, 'Link', { vpc }),
    loadBalancer: new ApplicationLoadBalancer(stack, 'Balancer', { vpc }),
    originAuthorizer: new LambdaFunction(stack, 'Origin', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline('exports.handler = () => {};'),
    }),
    proof: 'proof',
    bypassesEdge,
    logRetention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  api.addRoute('POST /partner/inventory/{id}/reservations', { ...route, ...more });
  new PartnerUsagePlans(stack, 'Plans', {
    name: 'gatehouse-test-partner',
    restApi: api.restApi,
    plans: {
      free: { requestsPerMonth: 10_000, rate: { requests: 90, periodSeconds: 60, burst: 60 } },
      unlimited: { requestsPerMonth: null },
    },
    keys: { acme: { plan: 'free' } },
  });
  return Template.fromStack(stack);
}

const template = synthesise();
const properties = (type: string, from = template) => only(from, type)['Properties'];
const integration = properties('AWS::ApiGateway::Method').Integration;
const parameters: Record<string, string> = integration.RequestParameters;
/** Names as CloudFront spells them. */
const spelled = (name: string) => name.replaceAll(/(^|-)[a-z]/g, (first) => first.toUpperCase());
const header = (name: string) => parameters[`integration.request.header.${spelled(name)}`];

describe('a method of the partner API', () => {
  test("calls the service's path at the load balancer through the VPC link", () => {
    expect(integration).toMatchObject({
      Type: 'HTTP_PROXY',
      IntegrationHttpMethod: 'POST',
      ConnectionType: 'VPC_LINK',
      ConnectionId: { Ref: expect.stringMatching(/^Link/) },
      IntegrationTarget: { Ref: expect.stringMatching(/^Balancer/) },
      TimeoutInMillis: 10_000,
      Uri: {
        'Fn::Join': [
          '',
          [
            'http://',
            { 'Fn::GetAtt': [expect.stringMatching(/^Balancer/), 'DNSName'] },
            '/api/inventory/{id}/reservations',
          ],
        ],
      },
    });
    expect(parameters['integration.request.path.id']).toBe('method.request.path.id');
  });

  test('sends the decision of the template, and the API key id as the identity', () => {
    expect(header('x-gw-decision')).toBe("'proof-inventory'");
    expect(header('x-gw-service')).toBe("'inventory'");
    expect(header('x-gw-cohort')).toBe("'-'");
    expect(header('x-client-id')).toBe('context.identity.apiKeyId');
    expect(header('x-request-id')).toBe('context.requestId');
    expect(header('x-client-address')).toBe('method.request.header.X-Gw-Viewer-Address');
  });

  test('replaces every internal header, and the API key', () => {
    const internal = Object.values(requestHeaders).filter((name) =>
      internalHeaderPrefixes.some((prefix) => name.startsWith(prefix)),
    );
    expect(internal.length).toBeGreaterThan(10);
    for (const name of [...internal, 'x-api-key'])
      expect([name, header(name)]).toEqual([name, expect.any(String)]);
    for (const name of [
      'x-user-id',
      'x-user-role',
      'x-gw-origin-secret',
      'x-gw-partner-proof',
      'x-gw-viewer-address',
      'x-api-key',
    ]) {
      expect([name, header(name)]).toEqual([name, "'-'"]);
    }
  });

  test('requires an API key, the origin secret, and a valid request', () => {
    expect(properties('AWS::ApiGateway::Method')).toMatchObject({
      ApiKeyRequired: true,
      AuthorizationType: 'CUSTOM',
      AuthorizerId: { Ref: expect.any(String) },
      RequestValidatorId: { Ref: expect.any(String) },
      RequestModels: {
        'application/json': { Ref: expect.any(String) },
        $default: { Ref: expect.any(String) },
      },
      RequestParameters: {
        'method.request.header.Idempotency-Key': true,
        'method.request.querystring.country': true,
        'method.request.path.id': true,
        'method.request.header.X-Gw-Viewer-Address': false,
      },
    });
    expect(properties('AWS::ApiGateway::RequestValidator')).toMatchObject({
      ValidateRequestBody: true,
      ValidateRequestParameters: true,
    });
    expect(properties('AWS::ApiGateway::Model').Schema).toEqual({
      $schema: 'http://json-schema.org/draft-04/schema#',
      ...route.body,
    });
  });

  test('creates a new deployment for every change', () => {
    const deployment = (from: Template) => Object.keys(from.findResources('AWS::ApiGateway::Deployment'));
    expect(deployment(synthesise())).toEqual(deployment(template));
    for (const more of [
      { path: '/other/{id}' },
      { service: 'order' },
      { timeoutSeconds: 5 },
      { requiredHeaders: [] },
      { body: { type: 'object', properties: {}, required: [], additionalProperties: true } },
    ]) {
      expect([more, deployment(synthesise({ more }))]).not.toEqual([more, deployment(template)]);
    }
  });
});

describe('the partner API', () => {
  test('is regional, with the first path segment as its stage, with tracing and logs', () => {
    expect(properties('AWS::ApiGateway::RestApi')).toMatchObject({
      ApiKeySourceType: 'HEADER',
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
    expect(properties('AWS::ApiGateway::Stage')).toMatchObject({
      StageName: 'partner',
      TracingEnabled: true,
      AccessLogSetting: { Format: expect.stringContaining('"clientId":"$context.identity.apiKeyId"') },
      MethodSettings: [{ HttpMethod: '*', ResourcePath: '/*', MetricsEnabled: true, LoggingLevel: 'ERROR' }],
    });
  });

  test('caches the result for the origin secret for a minute', () => {
    expect(properties('AWS::ApiGateway::Authorizer')).toMatchObject({
      Type: 'REQUEST',
      IdentitySource: 'method.request.header.X-Gw-Origin-Secret',
      AuthorizerResultTtlInSeconds: 60,
    });
  });

  test('invokes the authorizer for every call if client certificates are allowed', () => {
    const authorizer = properties('AWS::ApiGateway::Authorizer', synthesise({ bypassesEdge: true }));
    expect(authorizer.AuthorizerResultTtlInSeconds).toBe(0);
    expect(authorizer.IdentitySource ?? '').toBe('');
  });

  test('answers all errors of the API with problem details', () => {
    const answers = all(template, 'AWS::ApiGateway::GatewayResponse').map((one) => one['Properties']);
    expect(new Set(answers.map(({ ResponseType }) => ResponseType)).size).toBe(20);
    for (const { ResponseType, StatusCode, ResponseTemplates, ResponseParameters } of answers) {
      const filled = ResponseTemplates['application/json']
        .replace('$context.error.messageString', '"filled"')
        .replace('$context.error.validationErrorString', 'filled');
      expect(JSON.parse(filled)).toEqual({
        type: expect.any(String),
        title: expect.any(String),
        status: Number(StatusCode),
        detail: expect.any(String),
      });
      const limited = ['429', '503'].includes(StatusCode);
      expect([ResponseType, 'gatewayresponse.header.Retry-After' in ResponseParameters]).toEqual([
        ResponseType,
        limited,
      ]);
      expect(ResponseParameters['gatewayresponse.header.Cache-Control']).toBe("'no-store'");
    }
  });
});

describe('usage plans', () => {
  test('have the rate, burst and quota of the catalogue', () => {
    expect(all(template, 'AWS::ApiGateway::UsagePlan').map((plan) => plan['Properties'])).toEqual([
      expect.objectContaining({
        UsagePlanName: 'gatehouse-test-partner-free',
        Throttle: { RateLimit: 1.5, BurstLimit: 60 },
        Quota: { Limit: 10_000, Period: 'MONTH' },
      }),
      expect.not.objectContaining({ Throttle: expect.anything(), Quota: expect.anything() }),
    ]);
  });

  test('have API keys with generated values', () => {
    expect(properties('AWS::ApiGateway::ApiKey')).toMatchObject({
      Name: 'gatehouse-test-partner-acme',
      Enabled: true,
    });
    expect(properties('AWS::ApiGateway::ApiKey').Value).toBeUndefined();
    expect(properties('AWS::ApiGateway::UsagePlanKey')).toMatchObject({ KeyType: 'API_KEY' });
  });
});
