import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Deployment, Resource } from '../../engine/assembly.ts';
import { UnsupportedError } from '../../engine/unsupported.ts';
import { type SecretsManager, startSecretsManager } from './secrets-manager.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
});
let secrets: SecretsManager | undefined;
afterEach(() => {
  secrets?.close();
  rmSync(folder, { recursive: true });
});

function deploymentOf(properties: Readonly<Record<string, unknown>>): Deployment {
  const secret: Resource = {
    id: 'Data.Secret',
    logicalId: 'Secret',
    stack: 'Data',
    type: 'AWS::SecretsManager::Secret',
    properties,
  };
  return {
    resources: [secret],
    ofType: (type) => (type === secret.type ? [secret] : []),
    byReference: (reference) => (reference.includes(secret.id) ? secret : undefined),
  };
}

const start = async (properties: Readonly<Record<string, unknown>>): Promise<SecretsManager> => {
  let drawn = 0;
  secrets = await startSecretsManager(deploymentOf(properties), folder, (limit) => {
    drawn += 7;
    return drawn % limit;
  });
  return secrets;
};

/** A call like that of the authorizer. It must be signed; the signature is not verified. */
async function call(url: string, action: string, body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/`, {
    method: 'POST',
    headers: { 'x-amz-target': `secretsmanager.${action}`, authorization: 'AWS4-HMAC-SHA256 of anybody' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

test('finds a generated secret by its name and by its reference', async () => {
  const manager = await start({
    Name: 'shop/secret',
    GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
  });
  const secret = manager.value('shop/secret');
  expect(secret).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(manager.value('arn:aws:secretsmanager:x:y:Data.Secret')).toBe(secret);
  const answers = [
    await call(manager.url, 'GetSecretValue', { SecretId: 'shop/secret' }),
    await call(manager.url, 'GetSecretValue', { SecretId: 'Data.Secret', VersionStage: 'AWSCURRENT' }),
  ];
  for (const answer of answers) {
    expect(answer).toEqual({
      status: 200,
      body: { ARN: 'Data.Secret', Name: 'shop/secret', SecretString: secret, VersionStages: ['AWSCURRENT'] },
    });
  }
});

test('keeps a generated secret after a restart, in a private file', async () => {
  const first = await start({ Name: 'shop/secret' });
  first.close();
  const deployment = deploymentOf({ Name: 'shop/secret' });
  secrets = await startSecretsManager(deployment, folder, () => 0);
  expect(secrets.value('shop/secret')).toBe(first.value('shop/secret'));
  expect(statSync(join(folder, 'shop%2Fsecret')).mode & 0o777).toBe(0o600);
});

test('returns the value that the template sets', async () => {
  const manager = await start({ Name: 'plain', SecretString: 'open sesame' });
  expect(manager.value('plain')).toBe('open sesame');
});

test.each([
  ['GetSecretValue', { SecretId: 'other' }, 'ResourceNotFoundException'],
  ['GetSecretValue', { SecretId: 'plain', VersionStage: 'AWSPREVIOUS' }, 'ResourceNotFoundException'],
  ['GetSecretValue', {}, 'ValidationException'],
  ['DeleteSecret', { SecretId: 'plain' }, 'UnknownOperationException'],
])('%s of %j returns %s', async (action, body, type) => {
  const { url } = await start({ Name: 'plain' });
  expect(await call(url, action, body)).toMatchObject({ status: 400, body: { __type: type } });
});

test('refuses a call without a signature', async () => {
  const { url } = await start({ Name: 'plain' });
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: '{"SecretId":"plain"}',
  });
  expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
});

test('refuses unsupported properties and names them', async () => {
  await expect(start({ GenerateSecretString: { IncludeSpace: true } })).rejects.toThrow(UnsupportedError);
  await expect(start({ GenerateSecretString: { IncludeSpace: true } })).rejects.toThrow(
    'Data.Secret AWS::SecretsManager::Secret.GenerateSecretString.IncludeSpace: is not emulated.',
  );
});

test('the error of an unknown secret names it', async () => {
  const manager = await start({ Name: 'plain' });
  expect(() => manager.value('other')).toThrow('Secret other does not exist in the templates.');
});

test('PutSecretValue sets the current value, also after a restart; the old value is AWSPREVIOUS', async () => {
  const properties = { Name: 'shop/secret' };
  const manager = await start(properties);
  const first = manager.value('shop/secret');
  const live = async ({ url }: SecretsManager) => {
    const stages = ['AWSCURRENT', 'AWSPREVIOUS'].map(async (VersionStage) => {
      const { body } = await call(url, 'GetSecretValue', { SecretId: 'shop/secret', VersionStage });
      return (body as { readonly SecretString?: string }).SecretString;
    });
    return await Promise.all(stages);
  };
  expect(await live(manager)).toEqual([first, undefined]);
  const put = async (SecretString: string) => {
    const answer = await call(manager.url, 'PutSecretValue', { SecretId: 'shop/secret', SecretString });
    expect(answer.status).toBe(200);
  };
  await put('second');
  expect(await live(manager)).toEqual(['second', first]);
  await put('third');
  expect(manager.value('shop/secret')).toBe('third');
  manager.close();
  expect(await live(await start(properties))).toEqual(['third', 'second']);
});
