import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createSecretReader } from './secrets-manager.ts';

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', region: 'eu-west-1' };

let server: Server | undefined;
afterEach(() => server?.close());

interface Asked {
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, string>>;
}

/** A Secrets Manager with these values by stage; a stage without one answers as AWS does. */
async function secretsManager(values: Readonly<Record<string, string>>, status = 200) {
  const asked: Asked[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const body = JSON.parse(text) as Record<string, string>;
      asked.push({ headers: request.headers, body });
      const value = values[body['VersionStage'] ?? ''];
      const found = status === 200 && value !== undefined;
      response.writeHead(found ? 200 : status === 200 ? 400 : status);
      response.end(
        JSON.stringify(
          found ? { Name: 'origin', SecretString: value } : { __type: 'ResourceNotFoundException' },
        ),
      );
    });
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { asked, read: createSecretReader(credentials, `http://127.0.0.1:${port}`) };
}

test('reads the current value and the previous one, by signed calls', async () => {
  const { asked, read } = await secretsManager({ AWSCURRENT: 'new', AWSPREVIOUS: 'old' });
  expect(await read('gatehouse/dev/origin-secret')).toEqual(['new', 'old']);
  expect(asked.map(({ body }) => body)).toEqual(
    expect.arrayContaining([
      { SecretId: 'gatehouse/dev/origin-secret', VersionStage: 'AWSCURRENT' },
      { SecretId: 'gatehouse/dev/origin-secret', VersionStage: 'AWSPREVIOUS' },
    ]),
  );
  for (const { headers } of asked) {
    expect(headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/secretsmanager\/aws4_request, SignedHeaders=\S*host\S*, Signature=[0-9a-f]{64}$/,
      ) as string,
    });
  }
});

test('a secret that was never rotated has one value', async () => {
  const { read } = await secretsManager({ AWSCURRENT: 'only' });
  expect(await read('s')).toEqual(['only']);
});

test('no current value is a failure', async () => {
  const { read } = await secretsManager({ AWSPREVIOUS: 'old' });
  await expect(read('s')).rejects.toThrow('GetSecretValue s AWSCURRENT');
});

test('an error of the service is a failure, and is not tried again', async () => {
  const { asked, read } = await secretsManager({ AWSCURRENT: 'x', AWSPREVIOUS: 'y' }, 503);
  await expect(read('s')).rejects.toThrow('answered 503');
  await expect.poll(() => asked.length).toBe(2);
});
