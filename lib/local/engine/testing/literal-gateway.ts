import type { SampleResources } from './literal-deployment.ts';

const v2 = 'AWS::ElasticLoadBalancingV2::';
const apigw = 'AWS::ApiGatewayV2::';

/** A small version of the real templates for tests: one service, one decision, and one refusal. */
export const sampleGateway: SampleResources = {
  Distribution: {
    type: 'AWS::CloudFront::Distribution',
    properties: {
      DistributionConfig: {
        Enabled: true,
        DefaultCacheBehavior: {
          TargetOriginId: 'api',
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
          AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
          ViewerProtocolPolicy: 'https-only',
          FunctionAssociations: [{ EventType: 'viewer-request', FunctionARN: 'arn:test.Strip' }],
        },
        Origins: [
          {
            Id: 'api',
            DomainName: 'test.Api.execute-api.eu-west-1.amazonaws.com',
            CustomOriginConfig: { OriginProtocolPolicy: 'https-only' },
            OriginCustomHeaders: [
              {
                HeaderName: 'x-gw-origin-secret',
                HeaderValue: '{{resolve:secretsmanager:a/b:SecretString:::}}',
              },
            ],
          },
        ],
      },
    },
  },
  Strip: {
    type: 'AWS::CloudFront::Function',
    properties: {
      Name: 'strip',
      FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
      FunctionCode: `function handler(event) {
        const request = event.request;
        Object.keys(request.headers).forEach((name) => { if (name.indexOf('x-gw-') === 0) delete request.headers[name]; });
        request.headers['x-gw-viewer-address'] = { value: event.viewer.ip };
        return request;
      }`,
    },
  },
  Api: {
    type: `${apigw}Api`,
    properties: {
      ProtocolType: 'HTTP',
      CorsConfiguration: {
        AllowOrigins: ['https://shop.example'],
        AllowMethods: ['GET', 'POST'],
        MaxAge: 60,
      },
    },
  },
  Stage: {
    type: `${apigw}Stage`,
    properties: {
      ApiId: 'test.Api',
      StageName: '$default',
      AutoDeploy: true,
      AccessLogSettings: {
        DestinationArn: 'x',
        Format: '$context.routeKey $context.status $context.authorizer.user',
      },
    },
  },
  Link: { type: `${apigw}VpcLink`, properties: { Name: 'link', SubnetIds: [] } },
  Authorizer: {
    type: `${apigw}Authorizer`,
    properties: {
      ApiId: 'test.Api',
      AuthorizerType: 'REQUEST',
      AuthorizerUri: 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/test.Auth/invocations',
      AuthorizerPayloadFormatVersion: '2.0',
      AuthorizerResultTtlInSeconds: 0,
      EnableSimpleResponses: true,
      IdentitySource: [],
    },
  },
  Proxy: {
    type: `${apigw}Integration`,
    properties: {
      ApiId: 'test.Api',
      IntegrationType: 'HTTP_PROXY',
      IntegrationMethod: 'ANY',
      IntegrationUri: 'test.Listener',
      ConnectionType: 'VPC_LINK',
      ConnectionId: 'test.Link',
      PayloadFormatVersion: '1.0',
      TimeoutInMillis: 5_000,
      RequestParameters: {
        'overwrite:header.x-gw-decision': '$context.authorizer.decision',
        'remove:header.x-gw-origin-secret': "''",
      },
      ResponseParameters: {
        '429': {
          ResponseParameters: [
            { Destination: 'overwrite:header.Retry-After', Source: '$context.authorizer.retryAfter' },
          ],
        },
      },
    },
  },
  Route: {
    type: `${apigw}Route`,
    properties: {
      ApiId: 'test.Api',
      RouteKey: 'ANY /api/{proxy+}',
      Target: 'integrations/test.Proxy',
      AuthorizationType: 'CUSTOM',
      AuthorizerId: 'test.Authorizer',
    },
  },
  Balancer: { type: `${v2}LoadBalancer`, properties: { Type: 'application' } },
  Listener: {
    type: `${v2}Listener`,
    properties: {
      LoadBalancerArn: 'test.Balancer',
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '403' } }],
    },
  },
  Throttled: {
    type: `${v2}ListenerRule`,
    properties: {
      ListenerArn: 'test.Listener',
      Priority: 1,
      Conditions: [
        {
          Field: 'http-header',
          HttpHeaderConfig: { HttpHeaderName: 'x-gw-decision', Values: ['throttled'] },
        },
      ],
      Actions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: {
            StatusCode: '429',
            ContentType: 'application/json',
            MessageBody: '{"status":429}',
          },
        },
      ],
    },
  },
  Allowed: {
    type: `${v2}ListenerRule`,
    properties: {
      ListenerArn: 'test.Listener',
      Priority: 2,
      Conditions: [
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-gw-decision', Values: ['allow'] } },
      ],
      Actions: [{ Type: 'forward', TargetGroupArn: 'test.Targets' }],
    },
  },
  Targets: {
    type: `${v2}TargetGroup`,
    properties: { Protocol: 'HTTP', TargetType: 'ip', Port: 8080, HealthCheckPath: '/healthz' },
  },
};
