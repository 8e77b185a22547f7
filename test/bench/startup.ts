import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env as aggregationEnv } from '../../lambda/aggregation/contract.ts';
import { env } from '../../lambda/auth/contract.ts';
import { loadConfiguration } from '../../lib/config/index.ts';
import { buildBundles } from '../../lib/features/functions/bundles.ts';
import { type FunctionSpec, startSandbox } from '../../lib/local/emulators/lambda/sandbox.ts';
import { createProcessGroup } from '../../lib/local/run/processes/process-group.ts';
import { limitStoreEnv } from '../../runtime/contracts/gateway-contract.ts';
import { percentile } from './measure.ts';

export interface Startup {
  readonly bundleBytes: number;
  /** Time from the start of the process to its first `next`, including reading secrets and connecting to the limit store. */
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Time of the same runtime with an empty handler. */
  readonly emptyP50Milliseconds: number;
}

const starts = 15;

/** Starts a function's bundle in the local run's Lambda runtime repeatedly. */
export async function measureStartup(name: 'auth' | 'aggregation', storeUrl: string): Promise<Startup> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const secrets = await serveSecrets();
  const processes = createProcessGroup();
  try {
    const emptyFolder = join(folder, 'empty');
    mkdirSync(emptyFolder);
    writeFileSync(join(emptyFolder, 'index.mjs'), 'export const handler = () => undefined;');
    buildBundles(loadConfiguration('local'), folder);
    const spec = {
      id: name,
      name,
      handler: 'index.handler',
      codeFolder: join(folder, name),
      environment: {
        [env.originSecretId]: 'origin-secret',
        [env.keyPepperId]: 'key-pepper',
        [env.clientsTable]: 'clients',
        [env.usageTable]: 'usage',
        [env.runtimePolicy]: 'application/environment/profile',
        [env.runtimePolicyPollSeconds]: '30',
        AWS_ENDPOINT_URL_APPCONFIGDATA: secrets.url,
        [aggregationEnv.loadBalancerUrl]: 'http://127.0.0.1:1',
        [limitStoreEnv.url]: storeUrl,
        [limitStoreEnv.topology]: 'single',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      },
      timeoutSeconds: 5,
      memoryMiB: 512,
      region: 'eu-west-1',
    };
    const start = async (part: Partial<FunctionSpec> = {}): Promise<number> => {
      const from = performance.now();
      const sandbox = await startSandbox(
        { ...spec, ...part },
        { processes, onLine: () => undefined, now: Date.now, newRequestId: () => 'bench' },
      );
      const outcome = await sandbox.initialised;
      const milliseconds = performance.now() - from;
      if (!outcome.ok) throw new Error(outcome.error);
      sandbox.end();
      await sandbox.gone;
      return milliseconds;
    };
    const [full, empty]: [number[], number[]] = [[], []];
    for (let round = 0; round < starts; round += 1) {
      full.push(await start());
      empty.push(await start({ codeFolder: emptyFolder }));
    }
    return {
      bundleBytes: statSync(join(folder, name, 'index.mjs')).size,
      p50Milliseconds: percentile(full, 0.5),
      p99Milliseconds: percentile(full, 0.99),
      emptyP50Milliseconds: percentile(empty, 0.5),
    };
  } finally {
    await processes.close();
    secrets.server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function serveSecrets(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.end(JSON.stringify({ SecretString: 'secret' }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
