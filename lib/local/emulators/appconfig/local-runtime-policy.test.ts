import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Deployment, Resource } from '../../engine/assembly.ts';
import { type RuntimePolicy, startRuntimePolicy } from './local-runtime-policy.ts';
import { WatchedDocument } from './watched-document.ts';

const resource = (logicalId: string, type: string, properties: Record<string, unknown>): Resource => ({
  id: `test.${logicalId}`,
  logicalId,
  stack: 'test',
  type: `AWS::AppConfig::${type}`,
  properties,
});
const application = resource('App', 'Application', { Name: 'gatehouse-local' });
const environment = resource('Env', 'Environment', {
  ApplicationId: 'test.App',
  Name: 'local',
  Monitors: [],
});
const profile = (properties: Record<string, unknown> = {}) =>
  resource('Profile', 'ConfigurationProfile', {
    ApplicationId: 'test.App',
    Name: 'runtime-policy',
    LocationUri: 'hosted',
    Type: 'AWS.Freeform',
    Validators: [
      { Type: 'JSON_SCHEMA', Content: '{}' },
      { Type: 'LAMBDA', Content: 'test.Validator' },
    ],
    ...properties,
  });

const deploymentOf = (...resources: Resource[]): Deployment => ({
  resources,
  ofType: (type) => resources.filter((candidate) => candidate.type === type),
  byReference: (reference) => resources.find(({ id }) => id === reference),
});
const extension = resource('DeploymentHook', 'Extension', {
  Name: 'notified',
  Actions: {
    ON_DEPLOYMENT_COMPLETE: [
      { Name: 'invoke-deployment-hook', Uri: 'test.DeploymentHookFunction', RoleArn: 'test.Role' },
    ],
    ON_DEPLOYMENT_ROLLED_BACK: [{ Name: 'invoke-deployment-hook', Uri: 'test.Other', RoleArn: 'test.Role' }],
  },
});
const association = resource('OfEnvironment', 'ExtensionAssociation', {
  ExtensionIdentifier: 'test.DeploymentHook',
  ExtensionVersionNumber: 1,
  ResourceIdentifier: 'test.Env',
});

let folder: string;
let file: string;
let notices: string[];
let validated: string[];
let received: string[];
let policy: RuntimePolicy | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-policy-'));
  file = join(folder, 'below', 'current.json');
  notices = [];
  validated = [];
  received = [];
});
afterEach(() => {
  policy?.close();
  policy = undefined;
  rmSync(folder, { recursive: true });
});

/** AppConfig with a validator that refuses documents with the text "bad". */
async function start(): Promise<RuntimePolicy> {
  const deployment = deploymentOf(application, environment, profile(), extension, association);
  policy = await startRuntimePolicy(deployment, {
    file,
    notice: (text) => notices.push(text),
    functions: () => ({
      warm: () => Promise.resolve(),
      invoke: (reference, event) => {
        if ('Type' in (event as object)) {
          received.push(`${reference} ${(event as { Type: string }).Type} ${readFileSync(file, 'utf8')}`);
          return Promise.resolve({ ok: true, payload: null });
        }
        const text = Buffer.from((event as { content: string }).content, 'base64').toString();
        validated.push(`${reference} ${text}`);
        return Promise.resolve(
          text.includes('bad')
            ? { ok: false, error: 'Error: version: is bad.' }
            : { ok: true, payload: null },
        );
      },
    }),
  });
  return policy;
}

const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=local' };
const names = {
  ApplicationIdentifier: 'gatehouse-local',
  EnvironmentIdentifier: 'local',
  ConfigurationProfileIdentifier: 'runtime-policy',
  RequiredMinimumPollIntervalInSeconds: 15,
};

const begin = (url: string, input: object = names) =>
  fetch(`${url}/configurationsessions`, { method: 'POST', headers: signed, body: JSON.stringify(input) });
const tokenOf = async (url: string) =>
  ((await (await begin(url)).json()) as { InitialConfigurationToken: string }).InitialConfigurationToken;
const latest = (url: string, token: string) =>
  fetch(`${url}/configuration?configuration_token=${encodeURIComponent(token)}`, { headers: signed });

describe('the file', () => {
  test('is created with an empty policy, which is not validated', async () => {
    const { url, deploy } = await start();
    await deploy();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ schema: 1, version: 'none', clients: {} });
    const answer = await latest(url, await tokenOf(url));
    expect(await answer.text()).toBe(readFileSync(file, 'utf8'));
    expect(validated).toEqual([]);
    expect(notices).toEqual([]);
  });

  test('is validated and deployed when it exists', async () => {
    await (await start()).deploy();
    writeFileSync(file, 'good');
    policy?.close();
    const { url, deploy } = await start();
    await deploy();
    expect(validated).toEqual(['test.Validator good']);
    expect(await (await latest(url, await tokenOf(url))).text()).toBe('good');
  });

  test('is deployed after a change, unless the validator refuses it', async () => {
    const { url, deploy } = await start();
    await deploy();
    const version = async () => (await latest(url, await tokenOf(url))).text();

    writeFileSync(file, 'one');
    await vi.waitFor(async () => expect(await version()).toBe('one'), { timeout: 5_000 });
    writeFileSync(file, 'bad');
    await vi.waitFor(() => expect(notices).toHaveLength(2), { timeout: 5_000 });
    expect(notices[1]).toBe(
      `The runtime policy in ${file} is invalid and is not deployed.\nError: version: is bad.`,
    );
    expect(await version()).toBe('one');
    // Editors replace the file.
    writeFileSync(`${file}.new`, 'two');
    renameSync(`${file}.new`, file);
    await vi.waitFor(async () => expect(await version()).toBe('two'), { timeout: 5_000 });
  });
});

test('keeps the last valid document while the file is a folder, and deploys the next one', async () => {
  const { url, deploy } = await start();
  await deploy();
  const version = async () => (await latest(url, await tokenOf(url))).text();
  writeFileSync(file, 'one');
  await vi.waitFor(async () => expect(await version()).toBe('one'), { timeout: 5_000 });
  rmSync(file);
  mkdirSync(file);
  await vi.waitFor(() => expect(notices).toHaveLength(2), { timeout: 5_000 });
  expect(notices[1]).toContain('cannot be read; the last valid policy stays in force. Error: EISDIR');
  expect(await version()).toBe('one');
  rmSync(file, { recursive: true });
  writeFileSync(file, 'two');
  await vi.waitFor(async () => expect(await version()).toBe('two'), { timeout: 5_000 });
});

test.each(['EISDIR', 'EMFILE', 'ENFILE', 'EIO', 'EACCES', 'ESTALE', 'ENOTDIR'])(
  'reports a read that fails with %s once, and deploys what comes after it',
  async (code) => {
    const texts: (string | Error)[] = ['one', new Error(code), new Error(code), new Error(code), 'two'];
    const document = new WatchedDocument({
      file,
      validate: () => Promise.resolve(undefined),
      onDeployed: () => undefined,
      notice: (text) => notices.push(text),
      read: () => {
        const text = texts.length > 1 ? texts.shift() : texts[0];
        if (text instanceof Error) throw text;
        return text;
      },
    });
    await document.start();
    await vi.waitFor(() => expect(document.deployed?.text).toBe('two'), { timeout: 5_000 });
    document.close();
    expect(notices.filter((text) => text.includes(code))).toHaveLength(1);
  },
);

test('invokes the extension function for each deployed document only', async () => {
  const { deploy } = await start();
  await deploy();
  expect(received).toEqual([]);
  writeFileSync(file, 'bad');
  await vi.waitFor(() => expect(notices).toHaveLength(1), { timeout: 5_000 });
  writeFileSync(file, 'one');
  await vi.waitFor(() => expect(received).toEqual(['test.DeploymentHookFunction OnDeploymentComplete one']), {
    timeout: 5_000,
  });
  // The next run deploys the document of the file at the start.
  policy?.close();
  await (await start()).deploy();
  expect(received).toHaveLength(2);
});

describe('the data plane', () => {
  test('returns a document once per session; each token is valid for one call', async () => {
    const { url, deploy } = await start();
    await deploy();
    const first = await tokenOf(url);
    const answer = await latest(url, first);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('next-poll-interval-in-seconds')).toBe('0');
    expect(await answer.text()).not.toBe('');
    const second = await latest(url, answer.headers.get('next-poll-configuration-token') ?? '');
    expect([second.status, await second.text()]).toEqual([200, '']);
    expect((await latest(url, first)).status).toBe(400);
  });

  test('returns 404 before the first deployment', async () => {
    const { url } = await start();
    expect((await latest(url, await tokenOf(url))).status).toBe(404);
  });

  test.each(['ApplicationIdentifier', 'EnvironmentIdentifier', 'ConfigurationProfileIdentifier'])(
    'knows no other %s',
    async (name) => {
      const { url } = await start();
      expect((await begin(url, { ...names, [name]: 'other' })).status).toBe(404);
    },
  );

  test('finds each resource by its id', async () => {
    const { url } = await start();
    const ids = {
      ApplicationIdentifier: 'test.App',
      EnvironmentIdentifier: 'test.Env',
      ConfigurationProfileIdentifier: 'test.Profile',
    };
    expect((await begin(url, ids)).status).toBe(201);
  });

  test('refuses invalid calls as AppConfig does', async () => {
    const { url } = await start();
    expect((await begin(url, { ...names, RequiredMinimumPollIntervalInSeconds: 14 })).status).toBe(400);
    expect((await fetch(`${url}/configuration?configuration_token=a`)).status).toBe(403);
    expect((await fetch(`${url}/other`, { headers: signed })).status).toBe(404);
    expect(
      (await fetch(`${url}/configurationsessions`, { method: 'POST', headers: signed, body: '{' })).status,
    ).toBe(400);
  });
});

test('refuses unsupported properties and names them', async () => {
  const options = { file, notice: () => undefined, functions: () => expect.fail('Nothing is called.') };
  const open = (...resources: Resource[]) => startRuntimePolicy(deploymentOf(...resources), options);
  await expect(open(application, environment, profile({ LocationUri: 's3://bucket/key' }))).rejects.toThrow(
    'test.Profile AWS::AppConfig::ConfigurationProfile.LocationUri: "s3://bucket/key" is not emulated, only "hosted".',
  );
  await expect(open(application, environment, profile(), profile())).rejects.toThrow(
    'a second configuration is not emulated.',
  );
  await expect(open(application, environment)).rejects.toThrow(
    'The templates do not contain an AppConfig profile',
  );
});
