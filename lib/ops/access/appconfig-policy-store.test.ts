import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type ReceivedCall,
  startTestHttpServer,
  type TestHttpServer,
} from '../../../runtime/http/testing/test-server.ts';
import { emptyRuntimePolicy } from '../../../runtime/policy/empty-runtime-policy.ts';
import { openAppConfigPolicyStore } from './appconfig-policy-store.ts';

const names = { application: 'app', environment: 'env', profile: 'p', emergency: 'e', staged: 's' };
const policy = { ...emptyRuntimePolicy, version: 'r8' };
const base = '/applications/a1/configurationprofiles/p1/hostedconfigurationversions';

/** State of the emulated AppConfig: the latest revision, and the state of the latest deployment. */
let latest = 7;
let state = 'COMPLETE';
let server: TestHttpServer;

function answer({ method, url, headers }: ReceivedCall) {
  const json = (value: object, status = 200) => ({ status, body: JSON.stringify(value) });
  if (url.startsWith('/applications?')) return json({ Items: [{ Id: 'a1', Name: 'app' }] });
  if (url.includes('/environments?')) return json({ Items: [{ Id: 'e1', Name: 'env' }] });
  if (url.includes('/configurationprofiles?')) return json({ Items: [{ Id: 'p1', Name: 'p' }] });
  if (url.startsWith('/deploymentstrategies')) {
    return json({
      Items: [
        { Id: 'fast', Name: 'e' },
        { Id: 'slow', Name: 's' },
      ],
    });
  }
  if (url === `${base}/7`) return json({ ...policy, version: 'r7' });
  if (url.startsWith(`${base}/`)) {
    return { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' }, body: '{}' };
  }
  if (url.startsWith(base) && method === 'GET') {
    return url.includes('next_token')
      ? json({ Items: [{ VersionNumber: latest }] })
      : json({ Items: [{ VersionNumber: 6 }], NextToken: 'next+/=' });
  }
  if (url === base && headers['latest-version-number'] !== String(latest)) {
    return { status: 409, headers: { 'x-amzn-errortype': 'ConflictException' }, body: '{}' };
  }
  if (url === base) return { status: 201, headers: { 'version-number': String(latest + 1) }, body: '{}' };
  if (url.includes('/deployments?')) {
    return json({ Items: [{ DeploymentNumber: 3, ConfigurationVersion: '7', State: state }] });
  }
  return json({}, method === 'DELETE' ? 202 : 201);
}

beforeAll(async () => {
  server = await startTestHttpServer(answer);
  vi.stubEnv('AWS_ENDPOINT_URL_APPCONFIG', server.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterAll(() => {
  server.close();
  vi.unstubAllEnvs();
});
beforeEach(() => {
  latest = 7;
  state = 'COMPLETE';
});

const open = () => openAppConfigPolicyStore('eu-west-1', names);

/** Changing calls since `from`, with their bodies. */
const changesSince = (from: number) =>
  server.calls
    .slice(from)
    .filter(({ method }) => method !== 'GET')
    .map(({ method, url, body }) => [method, url, body === '' ? null : JSON.parse(body)]);

describe('the runtime policy in AppConfig', () => {
  test('current returns the deployed policy and the latest revision of all pages', async () => {
    expect(await (await open()).current()).toMatchObject({ revision: 7, policy: { version: 'r7' } });
  });

  test('read returns undefined for an unknown revision', async () => {
    expect(await (await open()).read(99)).toBeUndefined();
  });

  test('replace stores a version and deploys it with the staged strategy', async () => {
    const store = await open();
    const from = server.calls.length;
    expect(await store.replace(policy, 7, 'staged')).toBe('stored');
    expect(changesSince(from)).toEqual([
      ['POST', base, policy],
      [
        'POST',
        '/applications/a1/environments/e1/deployments',
        {
          ConfigurationProfileId: 'p1',
          ConfigurationVersion: '8',
          DeploymentStrategyId: 'slow',
          Description: 'r8',
        },
      ],
    ]);
  });

  test('replace changes nothing when another revision was stored first', async () => {
    const store = await open();
    latest = 8;
    const from = server.calls.length;
    expect(await store.replace(policy, 7, 'staged')).toBe('conflict');
    expect(changesSince(from)).toHaveLength(1);
  });

  test('replace refuses a staged rollout while another deployment is in progress', async () => {
    state = 'BAKING';
    const store = await open();
    const from = server.calls.length;
    await expect(store.replace(policy, 7, 'staged')).rejects.toMatchObject({
      message: 'Revision 7 is still being deployed, so nothing was changed.',
      exitCode: 3,
    });
    expect(changesSince(from)).toEqual([]);
  });

  test('replace at once stops a deployment in progress', async () => {
    state = 'DEPLOYING';
    const store = await open();
    const from = server.calls.length;
    expect(await store.replace(policy, 7, 'at-once')).toBe('stored');
    expect(changesSince(from)).toMatchObject([
      ['POST', base, policy],
      ['DELETE', '/applications/a1/environments/e1/deployments/3', null],
      ['POST', '/applications/a1/environments/e1/deployments', { DeploymentStrategyId: 'fast' }],
    ]);
  });

  test('opening fails with a remedy when the environment is not deployed', async () => {
    await expect(openAppConfigPolicyStore('eu-west-1', { ...names, profile: 'x' })).rejects.toMatchObject({
      message: 'AppConfig has no configuration profile named "x".',
      remedy: 'Deploy the environment first.',
    });
  });
});
