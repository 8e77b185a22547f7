import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { EnvironmentInput } from '../../../lib/config/index.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { environmentNames, newApp, resourcesOf, stageOf, type Template } from '../../support/synth.ts';

const partner = {
  kind: 'hmac',
  issuer: 'acme-erp',
  clientId: 'acme-erp',
  audience: 'store-api',
  algorithms: ['HS256'],
} satisfies NonNullable<EnvironmentInput['otherIssuers']>[number];

const folder = scratchFolder('token-secret');
const secretName = 'gatehouse/dev/token-secret/acme-erp';

describe('an environment with a client that signs its own tokens', () => {
  const { stacks } = stageOf(newApp(folder), 'dev', { otherIssuers: [partner] }).synth();
  const resourcesIn = (name: string) => {
    const stack = stacks.find(({ hierarchicalId }) => hierarchicalId.endsWith(`/${name}`));
    const { Resources } = JSON.parse(readFileSync(stack?.templateFullPath ?? '', 'utf8')) as Template;
    return Object.entries(Resources);
  };
  const found = resourcesIn('Data').filter(([, { Properties }]) => Properties?.Name === secretName);

  test('has its secret in the data stack, long enough for every algorithm', () => {
    expect(found.map(([, { Type, Properties }]) => [Type, Properties.GenerateSecretString])).toEqual([
      ['AWS::SecretsManager::Secret', { ExcludePunctuation: true, PasswordLength: 64 }],
    ]);
  });

  test('allows only the functions that verify tokens to read it', () => {
    const [[id] = ['']] = found;
    const readers = resourcesIn('Api')
      .filter(([, { Type }]) => Type === 'AWS::IAM::Policy')
      .filter(([, { Properties }]) => JSON.stringify(Properties.PolicyDocument).includes(id))
      .map(([name]) => name.replace(/Role.*/, ''));
    expect(readers.toSorted()).toEqual(['Auth', 'Revocation']);
  });
});

test.each(environmentNames)('%s has no such client', (name) => {
  expect(JSON.stringify(resourcesOf(name))).not.toContain('/token-secret/');
});
