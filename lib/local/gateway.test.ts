import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { type LiteralResources, literalDeployment } from './emulation/literal-deployment.ts';
import { type Gateway, startGateway } from './gateway.ts';
import type { GatewayPorts } from './gateway-ports.ts';
import { startTestServer, type TestServer } from './http/test-server.ts';

const v2 = 'AWS::ElasticLoadBalancingV2::';
const apigw = 'AWS::ApiGatewayV2::';

/** The shape of the real templates, small: one service behind a decision, and a refusal. */
const resources: LiteralResources = {
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

const idlePorts: GatewayPorts = {
  invoke: async () => ({ ok: false, error: 'no function' }),
  targets: () => [],
  secret: (name) => `secret of ${name}`,
  now: Date.now,
  requestId: () => 'request-1',
  accessLog: () => undefined,
  notice: () => undefined,
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Run {
  readonly gateway: Gateway;
  readonly service: TestServer;
  /** Registered targets; a test may take them out. */
  readonly tasks: TestServer[];
  readonly log: string[];
  readonly notices: string[];
  readonly events: unknown[];
}

/** What came through to the service, without the health checks. */
const calls = ({ service }: Run) => service.received.filter(({ url }) => url !== '/healthz');

async function start(
  decision: Readonly<Record<string, string>> = { decision: 'allow', user: 'alice', retryAfter: '1' },
  answer: Parameters<typeof startTestServer>[0] = (response) => response.end('ok'),
): Promise<Run> {
  const service = await startTestServer((response, received) =>
    received.url === '/healthz' ? response.end() : answer(response, received),
  );
  const log: string[] = [];
  const notices: string[] = [];
  const events: unknown[] = [];
  const tasks = [service];
  const ports: GatewayPorts = {
    ...idlePorts,
    invoke: async (_, event) => {
      events.push(event);
      return { ok: true, payload: { isAuthorized: true, context: decision } };
    },
    targets: () => tasks,
    accessLog: (line) => log.push(line),
    notice: (text) => notices.push(text),
  };
  const gateway = await startGateway(literalDeployment(resources), ports, { host: '127.0.0.1', edgePort: 0 });
  stops.push(service.close, gateway.close);
  return { gateway, service, tasks, log, notices, events };
}

describe('the request path', () => {
  it('passes path, query and repeated headers to the service as they were sent', async () => {
    const run = await start();
    const answer = await request(`${run.gateway.edgeUrl}/api/a%2Fb%20c/%C3%A9?b=2&a=1&b=3&x=%2F+y`, {
      headers: ['Accept', 'text/plain', 'X-Twice', 'one', 'x-twice', 'two', 'X-Gw-Decision', 'forged'],
    });
    expect(answer.statusCode).toBe(200);
    expect(await answer.body.text()).toBe('ok');
    const [call] = calls(run);
    expect(call?.url).toBe('/api/a%2Fb%20c/%C3%A9?b=2&a=1&b=3&x=%2F+y');
    const twice = call?.rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1] === 'x-twice');
    expect(twice).toEqual(['one', 'two']);
    expect(call?.headers['x-gw-decision']).toBe('allow');
    expect(call?.headers['x-gw-viewer-address']).toBe('127.0.0.1');
    expect(call?.headers['x-gw-origin-secret']).toBeUndefined();
    expect(call?.headers['x-forwarded-for']).toBe('127.0.0.1, 127.0.0.1, 127.0.0.1');
    expect(call?.headers.host).toBe('test.Api.execute-api.eu-west-1.amazonaws.com');
    expect(run.events[0]).toMatchObject({
      headers: { 'x-gw-origin-secret': 'secret of a/b', 'x-twice': 'one,two' },
      rawPath: '/api/a/b c/é',
      rawQueryString: 'b=2&a=1&b=3&x=%2F+y',
      queryStringParameters: { a: '1', b: '2,3', x: '/ y' },
      pathParameters: { proxy: 'a/b c/é' },
      routeKey: 'ANY /api/{proxy+}',
      requestContext: { http: { method: 'GET', sourceIp: '127.0.0.1' }, requestId: 'request-1' },
    });
    expect(run.log).toEqual(['ANY /api/{proxy+} 200 alice']);
    expect(run.notices).toEqual([]);
  });

  it("gives the load balancer's refusal with the decision's headers", async () => {
    const run = await start({ decision: 'throttled', user: 'bob', retryAfter: '7' });
    const answer = await request(`${run.gateway.edgeUrl}/api/x`);
    expect([answer.statusCode, answer.headers['retry-after'], await answer.body.json()]).toEqual([
      429,
      '7',
      { status: 429 },
    ]);
    expect(calls(run)).toEqual([]);
  });

  it('takes a body of 10 MB whole', async () => {
    const run = await start();
    const body = Buffer.alloc(10 * 1_024 * 1_024, 'a');
    const answer = await request(`${run.gateway.edgeUrl}/api/x`, { method: 'POST', body });
    expect(answer.statusCode).toBe(200);
    await answer.body.dump();
    expect(calls(run)[0]?.bytes).toBe(body.length);
  });

  it('takes a chunked body', async () => {
    const run = await start();
    async function* body() {
      for (let part = 0; part < 100; part += 1) yield Buffer.alloc(1_000, 'a');
    }
    const answer = await request(`${run.gateway.edgeUrl}/api/x`, {
      method: 'POST',
      body: Readable.from(body()),
    });
    await answer.body.dump();
    expect([answer.statusCode, calls(run)[0]?.bytes]).toEqual([200, 100_000]);
  });

  it.each([
    ['declared', { 'content-length': String(10 * 1_024 * 1_024 + 1) }],
    ['chunked', { 'transfer-encoding': 'chunked' }],
  ])('refuses a %s body over 10 MB with 413', async (_, headers) => {
    const run = await start();
    const call = httpRequest(`${run.gateway.edgeUrl}/api/x`, { method: 'POST', headers });
    call.on('error', () => undefined);
    const answered = once(call, 'response');
    const sent = once(call, 'close');
    call.end(Buffer.alloc(10 * 1_024 * 1_024 + 1, 'a'));
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    response.resume();
    await sent;
    expect(calls(run)).toEqual([]);
  });

  it('gives a refusal to a caller that is still sending 10 MB', async () => {
    const run = await start({ decision: 'throttled', user: 'bob', retryAfter: '7' });
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await request(`${run.gateway.edgeUrl}/api/x`, {
        method: 'POST',
        body: Buffer.alloc(10_000_000),
      });
      expect([answer.statusCode, await answer.body.json()]).toEqual([429, { status: 429 }]);
    }
  });

  it('answers HEAD with the header of GET and no body', async () => {
    const run = await start(undefined, (response) => response.setHeader('content-length', 5).end('hello'));
    const answer = await request(`${run.gateway.edgeUrl}/api/x`, { method: 'HEAD' });
    expect([answer.statusCode, answer.headers['content-length'], await answer.body.text()]).toEqual([
      200,
      '5',
      '',
    ]);
    expect(calls(run)[0]?.method).toBe('HEAD');
  });

  it('answers a preflight request itself, and unknown paths with 404', async () => {
    const run = await start();
    const preflight = await request(`${run.gateway.edgeUrl}/api/x`, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-methods': 'GET,POST',
      'access-control-max-age': '60',
    });
    const unknown = await request(`${run.gateway.edgeUrl}/nowhere`);
    expect([unknown.statusCode, await unknown.body.json()]).toEqual([404, { message: 'Not Found' }]);
    expect(run.events).toEqual([]);
    expect(run.log).toEqual(['- 204 -', '- 404 -']);
  });

  it('lets go of the service when the caller leaves', async () => {
    const left: string[] = [];
    const run = await start(undefined, (response, { url }) => {
      response.once('close', () => left.push(url));
    });
    const call = httpRequest(`${run.gateway.edgeUrl}/api/slow`);
    call.on('error', () => undefined);
    call.end();
    while (calls(run).length === 0) await delay(5);
    call.destroy();
    while (left.length === 0) await delay(5);
    expect(left).toEqual(['/api/slow']);
  });

  it('cuts the connection when the service breaks off in mid-answer', async () => {
    const run = await start(undefined, (response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('begun');
      setTimeout(() => response.destroy(), 20);
    });
    const answer = await request(`${run.gateway.edgeUrl}/api/x`);
    expect(answer.statusCode).toBe(200);
    await expect(answer.body.text()).rejects.toThrow('closed');
  });

  it('streams: the first part arrives before the last is written', async () => {
    let finish: () => void = () => undefined;
    const run = await start(undefined, (response) => {
      response.write('first ');
      finish = () => response.end('last');
    });
    const answer = await request(`${run.gateway.edgeUrl}/api/x`);
    const parts: string[] = [];
    for await (const part of answer.body) {
      parts.push(String(part));
      finish();
    }
    expect(parts.join('')).toBe('first last');
    expect(parts[0]).toBe('first ');
  });

  it('gives 502 when the task has gone, and 503 when none is registered', async () => {
    const run = await start();
    await run.service.close();
    const refused = await request(`${run.gateway.edgeUrl}/api/x`);
    await refused.body.dump();
    run.tasks.pop();
    // Another path: the edge keeps a 502 for ten seconds where the distribution says nothing else.
    const absent = await request(`${run.gateway.edgeUrl}/api/y`);
    await absent.body.dump();
    expect([refused.statusCode, absent.statusCode]).toEqual([502, 503]);
  });
});

describe('what is not emulated', () => {
  it('is refused before anything listens, all of it at once, by logical id and property', async () => {
    const asked: LiteralResources = {
      ...resources,
      Stage: {
        type: `${apigw}Stage`,
        properties: { ...resources['Stage']?.properties, StageName: 'live', ClientCertificateId: 'x' },
      },
      Proxy: {
        type: `${apigw}Integration`,
        properties: {
          ...resources['Proxy']?.properties,
          RequestParameters: {
            'overwrite:header.Authorization': 'x',
            'overwrite:header.y': '$context.nothing',
          },
        },
      },
      Domain: { type: `${apigw}DomainName`, properties: {} },
      Bucket: { type: 'AWS::S3::Bucket', properties: { Anything: true } },
    };
    const start = startGateway(literalDeployment(asked), idlePorts, {
      host: '127.0.0.1',
      edgePort: 0,
    });
    await expect(start).rejects.toMatchObject({
      name: 'UnsupportedError',
      findings: expect.arrayContaining([
        expect.objectContaining({ where: 'test.Stage AWS::ApiGatewayV2::Stage.StageName' }),
        expect.objectContaining({ where: 'test.Stage AWS::ApiGatewayV2::Stage.ClientCertificateId' }),
        expect.objectContaining({
          where:
            'test.Proxy AWS::ApiGatewayV2::Integration.RequestParameters["overwrite:header.Authorization"]',
        }),
        expect.objectContaining({ why: '$context.nothing is no variable of an HTTP API.' }),
        expect.objectContaining({ where: 'test.Domain AWS::ApiGatewayV2::DomainName' }),
      ]),
    });
    await expect(start).rejects.not.toThrow(/Bucket/);
  });
});
