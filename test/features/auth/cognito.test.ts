import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePolicy } from '../../../lib/compile/authorizer-policy.ts';
import { type EnvironmentInput, loadConfiguration } from '../../../lib/config/index.ts';
import { newApp, stageOf, type Template } from '../../support/synth.ts';

const identity: EnvironmentInput['identity'] = {
  kind: 'cognito',
  domainPrefix: 'store-dev',
  applications: {
    web: { callbackUrls: ['https://dev.store.example/callback'], logoutUrls: ['https://dev.store.example/'] },
  },
};

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cognito-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an environment with a Cognito user pool', () => {
  const { stacks } = stageOf(newApp(folder), 'dev', { identity }).synth();
  const templateOf = (name: string): Template => {
    const stack = stacks.find(({ hierarchicalId }) => hierarchicalId.endsWith(`/${name}`));
    return JSON.parse(readFileSync(stack?.templateFullPath ?? '', 'utf8')) as Template;
  };
  const resources = (stack: string, type: string) =>
    Object.values(templateOf(stack).Resources).filter((resource) => resource['Type'] === type);

  test('has the pool in the data stack, with the permissions of the catalogue', () => {
    expect(templateOf('Data').Resources['UserPool']?.['Type']).toBe('AWS::Cognito::UserPool');
    const [server] = resources('Data', 'AWS::Cognito::UserPoolResourceServer');
    const names = server?.['Properties'].Scopes.map((scope: { ScopeName: string }) => scope.ScopeName);
    expect(names).toContain('orders:read');
    expect(new Set(names).size).toBe(names.length);
  });

  test('configures only the functions that verify tokens', () => {
    const functionsWithIssuer = resources('Api', 'AWS::Lambda::Function').filter(
      (resource) => resource['Properties'].Environment?.Variables?.TOKEN_ISSUERS !== undefined,
    );
    expect(
      functionsWithIssuer.map((resource) => String(resource['Properties'].Description)).toSorted(),
    ).toEqual([
      'Authorizes each call of the public API: identity, permission, limits and quota.',
      'Revokes tokens before they expire.',
    ]);
    const text = JSON.stringify(functionsWithIssuer[0]?.['Properties'].Environment.Variables.TOKEN_ISSUERS);
    expect(text).toContain('https://cognito-idp.eu-west-1.');
    expect(text).toMatch(/UserPool/);
  });

  test('trusts no other issuer', () => {
    expect(compilePolicy(loadConfiguration('dev', { identity })).issuers).toEqual([]);
  });
});

test('an environment with an existing issuer creates no pool', () => {
  const { stacks } = stageOf(newApp(join(folder, 'oidc')), 'dev').synth();
  const text = stacks.map(({ templateFullPath }) => readFileSync(templateFullPath, 'utf8')).join('');
  expect(text).not.toContain('AWS::Cognito::');
  expect(text).not.toContain('TOKEN_ISSUERS');
});
