import type { SampleResources } from '../../../engine/testing/literal-deployment.ts';

/** A REQUEST authorizer for tests; `more` changes properties. */
export const sampleAuthorizer = (more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'AWS::ApiGatewayV2::Authorizer',
  properties: {
    ApiId: 'test.Api',
    AuthorizerType: 'REQUEST',
    AuthorizerUri: 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/test.Auth/invocations',
    AuthorizerPayloadFormatVersion: '2.0',
    AuthorizerResultTtlInSeconds: 0,
    EnableSimpleResponses: true,
    ...more,
  },
});
const route = (RouteKey: string, target: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'AWS::ApiGatewayV2::Route',
  properties: { ApiId: 'test.Api', RouteKey, Target: `integrations/test.${target}`, ...more },
});
const guarded = { AuthorizationType: 'CUSTOM', AuthorizerId: 'test.Authorizer' };

/** An HTTP API with a function and a load balancer for tests. */
export const sampleApi: SampleResources = {
  Api: { type: 'AWS::ApiGatewayV2::Api', properties: { ProtocolType: 'HTTP' } },
  Stage: {
    type: 'AWS::ApiGatewayV2::Stage',
    properties: {
      ApiId: 'test.Api',
      StageName: '$default',
      AutoDeploy: true,
      RouteSettings: { 'GET /limited': { ThrottlingBurstLimit: 2, ThrottlingRateLimit: 1 } },
      AccessLogSettings: {
        Format:
          '{"status":"$context.status","route":"$context.routeKey","user":"$context.authorizer.user","type":"$context.error.responseType","agent":"$context.identity.userAgent","integration":"$context.integration.status"}',
      },
    },
  },
  Authorizer: sampleAuthorizer(),
  Auth: { type: 'AWS::Lambda::Function', properties: {} },
  Work: { type: 'AWS::Lambda::Function', properties: {} },
  Listener: { type: 'AWS::ElasticLoadBalancingV2::Listener', properties: {} },
  Link: { type: 'AWS::ApiGatewayV2::VpcLink', properties: {} },
  Function: {
    type: 'AWS::ApiGatewayV2::Integration',
    properties: {
      ApiId: 'test.Api',
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: 'arn:aws:lambda:eu-west-1:0:function:test.Work',
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 100,
      RequestParameters: { 'overwrite:header.x-request-id': '$context.requestId' },
    },
  },
  Proxy: {
    type: 'AWS::ApiGatewayV2::Integration',
    properties: {
      ApiId: 'test.Api',
      IntegrationType: 'HTTP_PROXY',
      IntegrationMethod: 'ANY',
      IntegrationUri: 'test.Listener',
      ConnectionType: 'VPC_LINK',
      ConnectionId: 'test.Link',
      PayloadFormatVersion: '1.0',
      TimeoutInMillis: 100,
      ResponseParameters: {
        '200': {
          ResponseParameters: [
            { Destination: 'overwrite:header.x-user', Source: '$context.authorizer.user' },
          ],
        },
        '404': { ResponseParameters: [{ Destination: 'overwrite:statuscode', Source: '410' }] },
      },
    },
  },
  Guarded: route('ANY /guarded/{id}', 'Proxy', guarded),
  Limited: route('GET /limited', 'Proxy'),
  Open: route('ANY /open/{proxy+}', 'Proxy'),
  Called: route('ANY /function/{id}', 'Function', guarded),
};
