import { describe, expect, test } from 'vitest';
import { defaultBodyKiB } from '../../../runtime/contracts/gateway-contract.ts';
import { hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { roleNames } from '../../runner/roles.ts';
import { alice, testServices } from '../../testing/services.ts';
import { noTracing } from '../tracing/tracing.ts';
import { UnavailableError } from '../unavailable.ts';
import { createApp } from './app.ts';
import { describeOperation } from './openapi.ts';

const createTestService = testServices();

describe.runIf(hasPostgres)(`every role${postgresNote}`, () => {
  test.each(roleNames)('%s is healthy and ready, and not ready while it stops', async (name) => {
    const service = createTestService(name);
    expect(await (await service.get('/health')).json()).toEqual({ status: 'ok', service: name });
    expect((await service.get('/ready')).status).toBe(200);
    service.stop();
    expect((await service.get('/ready')).status).toBe(503);
    const late = await service.get('/health');
    expect(late.status).toBe(200);
    expect(late.headers.get('connection')).toBe('close');
  });

  test.each(roleNames)('%s answers 404 with a problem for an unknown path', async (name) => {
    const answer = await createTestService(name).get('/api/nothing');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ type: 'about:blank', title: 'Not Found', status: 404 });
  });
});

describe.runIf(hasPostgres)(`readiness${postgresNote}`, () => {
  const readyWith = (checks: Readonly<Record<string, () => Promise<unknown>>>) =>
    createApp(
      {
        service: 'x',
        log: () => {},
        tracing: noTracing,
        monotonicMs: () => 0,
        onAnswered: () => {},
        isStopping: () => false,
        checks,
      },
      () => {},
    );

  test('lists the dependencies that are available', async () => {
    const answer = await readyWith({ database: async () => {} }).request('/ready');
    expect(await answer.json()).toEqual({ status: 'ok', service: 'x', checks: { database: 'ok' } });
  });

  test('answers 503 and names an unavailable dependency, while the process stays healthy', async () => {
    const app = readyWith({ cache: async () => {}, database: () => Promise.reject(new Error('gone')) });
    const answer = await app.request('/ready');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ detail: 'Unavailable dependencies: database.' });
    expect((await app.request('/health')).status).toBe(200);
  });
});

describe.runIf(hasPostgres)(`methods${postgresNote}`, () => {
  const service = createTestService('user');

  test('answers 405 with the allowed methods for an unsupported method', async () => {
    const answer = await service.send('DELETE', '/api/users/alice', {}, alice);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, PUT');
  });

  test('answers HEAD with the headers of GET and no body', async () => {
    const get = await service.get('/api/users/alice', alice);
    const head = await (await service.app()).request('/api/users/alice', { method: 'HEAD', headers: alice });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const name of ['etag', 'content-type', 'content-length']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
    expect(head.headers.get('content-length')).toBe(String((await get.arrayBuffer()).byteLength));
  });
});

describe.runIf(hasPostgres)(`bodies${postgresNote}`, () => {
  const service = createTestService('user');
  const put = async (body: string | ReadableStream, headers: Record<string, string> = {}) =>
    (await service.app()).request('/api/users/alice', {
      method: 'PUT',
      body,
      duplex: 'half',
      headers: { ...alice, 'content-type': 'application/json', ...headers },
    });
  const long = (bytes: number) => {
    const frame = '{"displayName":""}';
    return `{"displayName":"${'x'.repeat(bytes - frame.length)}"}`;
  };

  test('refuses another media type with 415', async () => {
    const answer = await put('a=b', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer.status).toBe(415);
    expect(answer.headers.get('accept')).toBe('application/json');
  });

  test('refuses invalid JSON and an empty body with 400', async () => {
    expect((await put('{"displayName"')).status).toBe(400);
    expect((await put('')).status).toBe(400);
  });

  test('lists every fault with its pointer', async () => {
    const answer = await put('{"displayName":"","locale":"french","nick/name":"x","__proto__":{}}');
    expect(answer.status).toBe(422);
    const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/__proto__',
      '/displayName',
      '/locale',
      '/nick~1name',
    ]);
  });

  const maxBodyBytes = defaultBodyKiB * 1024;

  test('reads a body of the maximum length, and validates it', async () => {
    const body = long(maxBodyBytes);
    expect((await put(body, { 'content-length': String(body.length) })).status).toBe(422);
  });

  test('refuses one byte more with 413, by Content-Length or while reading', async () => {
    const body = long(maxBodyBytes + 1);
    expect((await put(body, { 'content-length': String(body.length) })).status).toBe(413);
    expect((await put(new Blob([body]).stream())).status).toBe(413);
  });
});

test('limits a body to the maximum of the route', async () => {
  const app = createApp(
    {
      service: 'x',
      log: () => {},
      tracing: noTracing,
      monotonicMs: () => 0,
      onAnswered: () => {},
      isStopping: () => false,
      checks: {},
    },
    (routes) => {
      routes.post('/small', describeOperation({ summary: 'Small.', maxBodyKiB: 1 }), (c) =>
        c.body(null, 204),
      );
      routes.post('/large', describeOperation({ summary: 'Large.', maxBodyKiB: 256 }), (c) =>
        c.body(null, 204),
      );
    },
  );
  const post = async (path: string, bytes: number) =>
    (await app.request(path, { method: 'POST', body: 'x'.repeat(bytes) })).status;
  expect([await post('/large', 256 * 1024), await post('/large', 256 * 1024 + 1)]).toEqual([204, 413]);
  expect(await post('/small', 64 * 1024)).toBe(204);
  expect(await post('/small', 64 * 1024 + 1)).toBe(413);
});

describe.runIf(hasPostgres)(`the log${postgresNote}`, () => {
  test('has one line per request with caller, request, status and duration', async () => {
    const service = createTestService('user');
    await service.get('/api/users/bob?secret=1', { ...alice, 'x-request-id': 'r-1', 'x-client-id': 'app' });
    expect(service.lines).toEqual([
      {
        level: 'info',
        message: 'request',
        requestId: 'r-1',
        userId: 'alice',
        clientId: 'app',
        method: 'GET',
        path: '/api/users/bob',
        status: 403,
        durationMs: 0,
      },
    ]);
  });

  test('answers 503 with Retry-After for an unavailable dependency', async () => {
    const app = createApp(
      {
        service: 'x',
        log: () => {},
        tracing: noTracing,
        monotonicMs: () => 0,
        onAnswered: () => {},
        isStopping: () => false,
        checks: {},
      },
      (routes) => {
        routes.get('/unavailable', () => {
          throw new UnavailableError('No connection to the database.');
        });
      },
    );
    const answer = await app.request('/unavailable');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  });

  test('has the cause of an unexpected error, and the response is a 500 without it', async () => {
    const lines: unknown[] = [];
    const app = createApp(
      {
        service: 'x',
        log: (level, message, fields) => lines.push({ level, message, ...fields }),
        tracing: noTracing,
        monotonicMs: () => 0,
        onAnswered: () => {},
        isStopping: () => false,
        checks: {},
      },
      (routes) => {
        routes.get('/broken', () => {
          throw new Error('disk on fire');
        });
      },
    );
    const answer = await app.request('/broken', { headers: { 'x-request-id': 'r-2' } });
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('disk on fire');
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: 'unexpected error',
        requestId: 'r-2',
        error: expect.stringContaining('disk on fire'),
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ message: 'request', status: 500 }));
  });
});
