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

/** A call as the authorizer's. That it is signed is asked for, not what signs it. */
async function call(url: string, action: string, body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/`, {
    method: 'POST',
    headers: { 'x-amz-target': `secretsmanager.${action}`, authorization: 'AWS4-HMAC-SHA256 of anybody' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

test('a generated secret is found by its name and by its reference', async () => {
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

test('a generated secret is the same after a restart, and private', async () => {
  const first = await start({ Name: 'shop/secret' });
  first.close();
  const deployment = deploymentOf({ Name: 'shop/secret' });
  secrets = await startSecretsManager(deployment, folder, () => 0);
  expect(secrets.value('shop/secret')).toBe(first.value('shop/secret'));
  expect(statSync(join(folder, 'shop%2Fsecret')).mode & 0o777).toBe(0o600);
});

test('a written secret is what the template says', async () => {
  const manager = await start({ Name: 'plain', SecretString: 'open sesame' });
  expect(manager.value('plain')).toBe('open sesame');
});

test.each([
  ['GetSecretValue', { SecretId: 'other' }, 'ResourceNotFoundException'],
  ['GetSecretValue', { SecretId: 'plain', VersionStage: 'AWSPREVIOUS' }, 'ResourceNotFoundException'],
  ['GetSecretValue', {}, 'ValidationException'],
  ['DeleteSecret', { SecretId: 'plain' }, 'UnknownOperationException'],
])('%s of %j is %s', async (action, body, type) => {
  const { url } = await start({ Name: 'plain' });
  expect(await call(url, action, body)).toMatchObject({ status: 400, body: { __type: type } });
});

test('a call that is not signed is refused', async () => {
  const { url } = await start({ Name: 'plain' });
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: '{"SecretId":"plain"}',
  });
  expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
});

test('a secret of another shape is refused by name', async () => {
  await expect(start({ GenerateSecretString: { IncludeSpace: true } })).rejects.toThrow(UnsupportedError);
  await expect(start({ GenerateSecretString: { IncludeSpace: true } })).rejects.toThrow(
    'Data.Secret AWS::SecretsManager::Secret.GenerateSecretString.IncludeSpace: is not emulated.',
  );
});

test('an unknown secret is an error that names it', async () => {
  const manager = await start({ Name: 'plain' });
  expect(() => manager.value('other')).toThrow('The templates have no secret other.');
});

test('a value that is put is the current one, also after a restart, and the one before is the previous', async () => {
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
