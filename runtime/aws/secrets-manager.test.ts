import { afterEach, expect, test } from 'vitest';
import { startTestHttpServer, type TestHttpServer } from '../http/testing/test-server.ts';
import { createSecretReader } from './secrets-manager.ts';

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', region: 'eu-west-1' };

let server: TestHttpServer | undefined;
afterEach(() => server?.close());

/** A fake Secrets Manager with these values by stage; a stage without a value is answered as AWS does. */
async function secretsManager(values: Readonly<Record<string, string>>, status = 200) {
  server = await startTestHttpServer(({ body }) => {
    const value = values[(JSON.parse(body) as Record<string, string>)['VersionStage'] ?? ''];
    return status === 200 && value !== undefined
      ? { status, body: JSON.stringify({ Name: 'origin', SecretString: value }) }
      : {
          status: status === 200 ? 400 : status,
          body: JSON.stringify({ __type: 'ResourceNotFoundException' }),
        };
  });
  return { asked: server.calls, read: createSecretReader(credentials, server.url) };
}

test('reads the current and the previous value in signed calls', async () => {
  const { asked, read } = await secretsManager({ AWSCURRENT: 'new', AWSPREVIOUS: 'old' });
  expect(await read('gatehouse/dev/origin-secret')).toEqual(['new', 'old']);
  expect(asked.map(({ body }) => JSON.parse(body) as unknown)).toEqual(
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

test('returns one value for a secret that was never rotated', async () => {
  const { read } = await secretsManager({ AWSCURRENT: 'only' });
  expect(await read('s')).toEqual(['only']);
});

test('rejects when the current value is missing', async () => {
  const { read } = await secretsManager({ AWSPREVIOUS: 'old' });
  await expect(read('s')).rejects.toThrow('GetSecretValue s AWSCURRENT');
});

test('rejects on a service error, without a retry', async () => {
  const { asked, read } = await secretsManager({ AWSCURRENT: 'x', AWSPREVIOUS: 'y' }, 503);
  await expect(read('s')).rejects.toThrow('answered 503');
  await expect.poll(() => asked.length).toBe(2);
});
