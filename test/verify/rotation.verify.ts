import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRotatedSecret } from '../../lambda/origin-rotation/aws-secret.ts';
import {
  createRotation,
  type OriginHeaderDistribution,
  type RotationEvent,
} from '../../lambda/origin-rotation/rotation.ts';
import { callAws, secretsManager } from '../../runtime/aws/aws-json.ts';
import { pythonTools } from '../support/python-tools.ts';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b', region: 'eu-west-1' };
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const tokenOf = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
const first = 'a'.repeat(64);

/** Folder of moto's executables, or the reason why moto is not installed. */
function installed(): { readonly bin: string } | { readonly reason: string } {
  try {
    return { bin: pythonTools('requirements-moto.txt') };
  } catch (error) {
    return { reason: String(error).split('\n')[0] ?? '' };
  }
}

const moto = installed();
const note = 'bin' in moto ? '' : ` (skipped: moto cannot be installed: ${moto.reason})`;
let server: ChildProcess | undefined;
let endpoint = '';
const call = async (operation: string, input: object) => {
  const { status, text } = await callAws(secretsManager(endpoint, 10_000), credentials, operation, input);
  if (status !== 200) throw new Error(`${operation}: ${status} ${text}`);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
};

/** Starts moto on a free port and waits until it answers. */
async function startMoto(bin: string): Promise<void> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  server = spawn(join(bin, 'moto_server'), ['-H', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
  endpoint = `http://127.0.0.1:${port}`;
  let reason: unknown;
  for (let attempt = 0; attempt < 300; attempt += 1) {
    try {
      await call('ListSecrets', {});
      return;
    } catch (error) {
      reason = error;
      await sleep(200);
    }
  }
  throw new Error('moto did not answer.', { cause: reason });
}

/** A rotation of a new secret, with a distribution that is updated at once. */
async function rotationOf(SecretId: string) {
  await call('CreateSecret', { Name: SecretId, SecretString: first, ClientRequestToken: tokenOf('1') });
  let sent = first;
  const distribution: OriginHeaderDistribution = {
    sent: async () => ({ values: [sent], deployed: true }),
    send: async (value) => {
      sent = value;
    },
  };
  let seed = 0;
  const secret = createRotatedSecret(credentials, endpoint, (limit) => {
    seed += 7;
    return seed % limit;
  });
  const rotate = createRotation({ secret, distribution });
  const step = (Step: RotationEvent['Step'], ClientRequestToken: string) =>
    rotate({ Step, SecretId, ClientRequestToken });
  const live = async () => {
    const of = async (VersionStage: string) =>
      (await call('GetSecretValue', { SecretId, VersionStage }).catch(() => ({ SecretString: '' })))[
        'SecretString'
      ];
    return [await of('AWSCURRENT'), await of('AWSPREVIOUS')];
  };
  return { step, live, sent: () => sent };
}

describe.runIf('bin' in moto)(`the rotation of the origin secret on moto's Secrets Manager${note}`, () => {
  beforeAll(async () => {
    if ('bin' in moto) await startMoto(moto.bin);
  }, 120_000);
  afterAll(() => server?.kill());

  test('changes the value and keeps the previous one if every step runs twice', async () => {
    const { step, live, sent } = await rotationOf('twice');
    for (const one of steps) {
      await step(one, tokenOf('2'));
      await step(one, tokenOf('2'));
      expect(await live()).toContain(sent());
    }
    const [current, previous] = await live();
    expect(current).toBe(sent());
    expect(current).not.toBe(first);
    expect(previous).toBe(first);
  });

  test('continues after a pending version that has the current value', async () => {
    const { step, live, sent } = await rotationOf('probed');
    const VersionStages = ['AWSPENDING'];
    await call('PutSecretValue', {
      SecretId: 'probed',
      SecretString: first,
      ClientRequestToken: tokenOf('3'),
      VersionStages,
    });
    await step('testSecret', tokenOf('3'));
    expect(await live()).toContain(sent());
    for (const one of steps) await step(one, tokenOf('3'));
    expect(await live()).toContain(sent());
    for (const one of steps) await step(one, tokenOf('4'));
    const [current] = await live();
    expect(current).toBe(sent());
    expect(current).not.toBe(first);
  });
});
