import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextKeys } from '../../lambda/auth/contract.ts';
import { loadBalancedServices } from '../../lib/compile/load-balanced-services.ts';
import { runtimePolicyNames } from '../../lib/compile/runtime-policy-names.ts';
import { loadConfiguration } from '../../lib/config/index.ts';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { mustRun } from '../support/command.ts';
import { type DeployedGateway, deployedGateway } from './deployed-gateway.ts';
import { type EmulatedAccount, startEmulatedAccount } from './emulated-account.ts';
import { fillExternalOutputs, type Outputs } from './external-outputs.ts';
import { cdk, synthesise } from './synthesise.ts';
import stoodIn from './unsupported-resources.json' with { type: 'json' };
import { replaceUnsupported } from './unsupported-resources.ts';

const { catalogue, environment } = loadConfiguration('dev');
const secretName = `gatehouse/${environment.name}/origin-secret`;
const edgeRegion = 'us-east-1';
const serviceStacks = loadBalancedServices(catalogue).map(([name]) => `Service-${name}`);
const homeStacks = [
  'Key',
  'Network',
  'Data',
  'Alerts',
  'Cluster',
  ...serviceStacks,
  'Api',
  'Partner',
  'Events',
];
const laterStacks = [`Key-${edgeRegion}`, 'Edge', 'Observability', 'Policy'];
const stacks = [...homeStacks, ...laterStacks];

// All tests share one emulated account. Each test depends on the previous ones.
describe('the dev environment on an emulated account', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-deploy-'));
  const assembly = join(folder, 'assembly');
  let outputs: Outputs = {};
  let engine: EmulatedAccount;
  let gateway: DeployedGateway;

  beforeAll(async () => {
    engine = await startEmulatedAccount(environment.region);
    gateway = deployedGateway(engine, environment.region);
    // The unsupported resources are replaced in a copy, so that the synthesised templates stay unchanged.
    cpSync(await synthesise(environment.name, 'deploy'), assembly, { recursive: true });
  });
  afterAll(async () => {
    await engine.stop();
    rmSync(folder, { recursive: true });
  });

  const deploy = async (names: readonly string[]): Promise<string> => {
    fillExternalOutputs(assembly, outputs);
    const file = join(folder, 'outputs.json');
    const ids = names.map((name) => `${environment.name}/${name}`);
    const flags = ['--exclusively', '--require-approval', 'never', '--app', assembly, '--outputs-file', file];
    const printed = await mustRun(cdk, ['deploy', ...ids, ...flags], { env: engine.environment });
    outputs = { ...outputs, ...(JSON.parse(readFileSync(file, 'utf8')) as Outputs) };
    return printed;
  };

  test('needs replacements for exactly the listed resources', () => {
    const replaced = replaceUnsupported(assembly, (resource) => engine.lacks(resource));
    console.log(`Deployed as stand-ins, because the engine does not make them:\n  ${replaced.join('\n  ')}`);
    expect(replaced).toEqual(stoodIn);
  });

  test('bootstraps both regions', async () => {
    const regions = [environment.region, edgeRegion].map((region) => `aws://${engine.account}/${region}`);
    // Runs in a folder without cdk.json. With cdk.json the command synthesises again, without bundles.
    const printed = await mustRun(cdk, ['bootstrap', ...regions], { cwd: folder, env: engine.environment });
    expect(printed.match(/bootstrapped/g)).toHaveLength(regions.length);
  });

  test("deploys the stacks of the environment's region", async () => {
    const printed = await deploy(homeStacks);
    expect(printed.match(/^Stack ARN:/gm)).toHaveLength(homeStacks.length);
  });

  test('deploys the edge, then the observability, then the services that alarms roll back', async () => {
    for (const stack of laterStacks) {
      expect(await deploy([stack])).toMatch(/^Stack ARN:/m);
    }
  });

  test('has an authorizer that applies the deployed runtime policy', async () => {
    await gateway.deployRuntimePolicy(runtimePolicyNames(environment.name), {
      schema: 1,
      version: 'verification-1',
      shadow: ['user'],
    });
    const version = async () => (await gateway.authorize('GET /api/products', {})).context['policyVersion'];
    await expect.poll(version, { timeout: 30_000 }).toMatch(/^catalogue-[0-9a-f]{12}\+verification-1$/);
  });

  test('has usage plans that match the deployed runtime policy', async () => {
    const free = () => gateway.usagePlan(`gatehouse-${environment.name}-partner-free`);
    expect(await free()).toEqual({
      throttle: { rateLimit: 10, burstLimit: 60 },
      quota: { limit: 10_000, period: 'MONTH' },
    });
    await gateway.deployRuntimePolicy(runtimePolicyNames(environment.name), {
      schema: 1,
      version: 'verification-2',
      plans: {
        free: {
          requestsPerMonth: 77,
          bytesPerMonth: null,
          rate: { requests: 120, periodSeconds: 60, burst: 9 },
        },
      },
    });
    expect(await gateway.keepPlansInStep()).toMatchObject({ changed: ['free'], drifting: [] });
    expect(await free()).toEqual({
      throttle: { rateLimit: 2, burstLimit: 9 },
      quota: { limit: 77, period: 'MONTH' },
    });
  });

  test('has an authorizer that makes a complete decision with the deployed secret', async () => {
    const { isAuthorized, context } = await gateway.authorize('GET /api/products', {
      [requestHeaders.originSecret]: await gateway.secret(secretName),
      [requestHeaders.viewerAddress]: '203.0.113.9',
    });
    expect(isAuthorized).toBe(true);
    expect(Object.keys(context).sort()).toEqual([...contextKeys].sort());
    // The limit store is a replacement that does not answer. The route fails open, and the local limiter decides.
    expect(context).toMatchObject({ decision: 'allow', service: 'product', clientAddress: '203.0.113.9' });
  });

  test('has an authorizer that refuses a call without the origin secret', async () => {
    const { isAuthorized, context } = await gateway.authorize('GET /api/products', {});
    expect(isAuthorized).toBe(true);
    expect(context).toMatchObject({ decision: 'forbidden' });
  });

  test('changes nothing in a second deployment', async () => {
    const printed = await deploy(stacks);
    expect(printed.match(/\(no changes\)/g)).toHaveLength(stacks.length);
  });
});
