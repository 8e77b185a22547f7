import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import aws4 from 'aws4';
import { freePort } from '../../lib/local/run/processes/ports.ts';
import { mustRun } from '../support/command.ts';
import { pythonTools } from '../support/python-tools.ts';
import type { TemplateResource } from './unsupported-resources.ts';

const account = '123456789012';
const startSeconds = 30;

/** A call of a service, without the signature. */
export interface SignedCall {
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** An emulated AWS account on loopback: MiniStack's CloudFormation and the services behind it. */
export interface EmulatedAccount {
  readonly account: string;
  /** Environment variables with which the CDK command line and the AWS SDKs call the engine instead of AWS. */
  readonly environment: NodeJS.ProcessEnv;
  /** The type or variant of a resource that the engine does not support; undefined if it supports the resource. */
  lacks(resource: TemplateResource): string | undefined;
  /** A signed call of a service in a region; the path is relative to the engine. */
  call(service: string, region: string, path: string, call: SignedCall): Promise<Response>;
  stop(): Promise<void>;
}

/** Starts an empty engine with `region` as its default. @throws if it does not answer within 30 seconds. */
export async function startEmulatedAccount(region: string): Promise<EmulatedAccount> {
  const bin = pythonTools();
  const python = join(bin, 'python');
  const port = await freePort();
  const url = `http://localhost:${port}`;
  // The CDK caches the account of an access key, so no other account may use the key.
  const credentials = { accessKeyId: 'gatehouse-verification', secretAccessKey: 'not-a-secret' };
  const types = new Set(await supportedTypes(python));
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-engine-'));
  const child = spawn(python, ['-m', 'ministack'], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      // The engine unpacks functions there and does not delete them.
      TMPDIR: scratch,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: account,
      MINISTACK_REGION: region,
      // Disables listeners on fixed ports for unused protocols.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      // Functions inherit these variables, so the authorizer reads the engine's secrets and runtime policy.
      AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
      AWS_ENDPOINT_URL_APPCONFIGDATA: url,
      AWS_ENDPOINT_URL_API_GATEWAY: url,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  }
  const stop = async () => {
    await stopChild(child);
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    await answers(`${url}/_ministack/health`);
  } catch (error) {
    await stop();
    throw new Error(`The engine did not start:\n${log.join('')}`, { cause: error });
  }
  return {
    account,
    environment: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      CI: 'true',
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
    },
    lacks({ Type, Properties }) {
      if (!types.has(Type)) return Type;
      // The engine does not create the secret of an Aurora cluster's password.
      if (Type === 'AWS::RDS::DBCluster' && Properties?.['ManageMasterUserPassword'] === true) {
        return `${Type} with a secret`;
      }
      if (Type === 'AWS::RDS::DBInstance' && Properties?.['DBClusterIdentifier'] !== undefined) {
        return `${Type} of a cluster`;
      }
      // The engine supports alarms of a single metric only.
      return Type === 'AWS::CloudWatch::Alarm' && Properties?.['Metrics'] !== undefined
        ? `${Type} of metric math`
        : undefined;
    },
    call: (service, region, path, call) => {
      const { headers } = aws4.sign({ ...call, host: new URL(url).host, path, service, region }, credentials);
      return fetch(url + path, { ...call, headers: headers as Record<string, string> });
    },
    stop,
  };
}

/** The engine's internal table of resource types. The engine has no API that lists them. */
async function supportedTypes(python: string): Promise<string[]> {
  const program =
    'import json, sys; from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS as types; ' +
    'sys.stdout.write("\\n" + json.dumps(sorted(types)))';
  const output = await mustRun(python, ['-c', program], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'ERROR' },
  });
  const types = JSON.parse(output.trim().split('\n').at(-1) ?? '[]') as string[];
  if (types.length === 0) throw new Error('The engine lists no supported resource types.');
  return types;
}

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + startSeconds * 1_000;
  for (;;) {
    try {
      if ((await fetch(url)).ok) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await wait(100);
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(patience);
}
