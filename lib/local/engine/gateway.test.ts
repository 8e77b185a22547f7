import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { UsagePlans } from '../emulators/rest-api/usage-plans.ts';
import { startTestServer, type TestServer } from '../http/testing/test-server.ts';
import { type Gateway, startGateway } from './gateway.ts';
import type { GatewayPorts } from './gateway-ports.ts';
import { type SampleResources, sampleDeployment } from './testing/literal-deployment.ts';
import { sampleGateway } from './testing/literal-gateway.ts';

const idlePorts: GatewayPorts = {
  invoke: async () => ({ ok: false, error: 'no function' }),
  targets: () => [],
  secret: (name) => `secret of ${name}`,
  usagePlans: new UsagePlans(sampleDeployment({}), () => '', Date.now),
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
  /** The registered targets; a test can remove them. */
  readonly tasks: TestServer[];
  readonly log: string[];
  readonly notices: string[];
  readonly events: unknown[];
}

/** The requests that the service received, without health checks. */
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
  const gateway = await startGateway(sampleDeployment(sampleGateway), ports, {
    host: '127.0.0.1',
    edgePort: 0,
  });
  stops.push(service.close, gateway.close);
  return { gateway, service, tasks, log, notices, events };
}

describe('the request path', () => {
  test('passes path, query and repeated headers to the service as they were sent', async () => {
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

  test('returns the refusal of the load balancer with the headers of the decision', async () => {
    const run = await start({ decision: 'throttled', user: 'bob', retryAfter: '7' });
    const answer = await request(`${run.gateway.edgeUrl}/api/x`);
    expect([answer.statusCode, answer.headers['retry-after'], await answer.body.json()]).toEqual([
      429,
      '7',
      { status: 429 },
    ]);
    expect(calls(run)).toEqual([]);
  });

  test('accepts a body of 10 MB', async () => {
    const run = await start();
    const body = Buffer.alloc(10 * 1_024 * 1_024, 'a');
    const answer = await request(`${run.gateway.edgeUrl}/api/x`, { method: 'POST', body });
    expect(answer.statusCode).toBe(200);
    await answer.body.dump();
    expect(calls(run)[0]?.bytes).toBe(body.length);
  });

  test('accepts a chunked body', async () => {
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

  test.each([
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

  test('returns a refusal to a client that is still sending 10 MB', async () => {
    const run = await start({ decision: 'throttled', user: 'bob', retryAfter: '7' });
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await request(`${run.gateway.edgeUrl}/api/x`, {
        method: 'POST',
        body: Buffer.alloc(10_000_000),
      });
      expect([answer.statusCode, await answer.body.json()]).toEqual([429, { status: 429 }]);
    }
  });

  test('responds to HEAD with the headers of GET and no body', async () => {
    const run = await start(undefined, (response) => response.setHeader('content-length', 5).end('hello'));
    const answer = await request(`${run.gateway.edgeUrl}/api/x`, { method: 'HEAD' });
    expect([answer.statusCode, answer.headers['content-length'], await answer.body.text()]).toEqual([
      200,
      '5',
      '',
    ]);
    expect(calls(run)[0]?.method).toBe('HEAD');
  });

  test('responds to a preflight request itself and returns 404 for unknown paths', async () => {
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

  test('aborts the request to the service when the client disconnects', async () => {
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

  test('closes the connection when the service fails in the middle of a response', async () => {
    const run = await start(undefined, (response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('begun');
      setTimeout(() => response.destroy(), 20);
    });
    const answer = await request(`${run.gateway.edgeUrl}/api/x`);
    expect(answer.statusCode).toBe(200);
    await expect(answer.body.text()).rejects.toThrow('closed');
  });

  test('streams: the first part arrives before the last is written', async () => {
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

  test('returns 502 when the task has ended and 503 when none is registered', async () => {
    const run = await start();
    await run.service.close();
    const refused = await request(`${run.gateway.edgeUrl}/api/x`);
    await refused.body.dump();
    run.tasks.pop();
    // Another path, because the edge caches a 502 for ten seconds by default.
    const absent = await request(`${run.gateway.edgeUrl}/api/y`);
    await absent.body.dump();
    expect([refused.statusCode, absent.statusCode]).toEqual([502, 503]);
  });
});

describe('what is not emulated', () => {
  test('is refused before any server starts, with all findings by logical id and property', async () => {
    const asked: SampleResources = {
      ...sampleGateway,
      Stage: {
        type: 'AWS::ApiGatewayV2::Stage',
        properties: { ...sampleGateway['Stage']?.properties, StageName: 'live', ClientCertificateId: 'x' },
      },
      Proxy: {
        type: 'AWS::ApiGatewayV2::Integration',
        properties: {
          ...sampleGateway['Proxy']?.properties,
          RequestParameters: {
            'overwrite:header.Authorization': 'x',
            'overwrite:header.y': '$context.nothing',
          },
        },
      },
      Domain: { type: 'AWS::ApiGatewayV2::DomainName', properties: {} },
      Bucket: { type: 'AWS::S3::Bucket', properties: { Anything: true } },
    };
    const start = startGateway(sampleDeployment(asked), idlePorts, {
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
        expect.objectContaining({ why: '$context.nothing is not a variable of HTTP APIs.' }),
        expect.objectContaining({ where: 'test.Domain AWS::ApiGatewayV2::DomainName' }),
      ]),
    });
    await expect(start).rejects.not.toThrow(/Bucket/);
  });
});
