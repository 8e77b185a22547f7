import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalRun } from '../../lib/local/local-run.ts';
import { mustRun } from '../support/command.ts';
import type { Running } from './running.ts';
import type { Claims, LocalControl, Target } from './target.ts';

/** A gateway to test, and what ends what was started for it. */
export interface StartedTarget extends Running {
  close(): Promise<void>;
}

/**
 * The gateway at `E2E_BASE_URL`, or a local run of this suite's own: with the store at `REDIS_URL` where that is set,
 * otherwise with the built-in one, whatever is installed.
 */
export function startTarget(environment: NodeJS.ProcessEnv): Promise<StartedTarget> {
  const url = environment['E2E_BASE_URL'];
  return url === undefined || url === '' ? startHere(environment) : Promise.resolve(remote(url, environment));
}

async function startHere(environment: NodeJS.ProcessEnv): Promise<StartedTarget> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
  const accessLog: string[] = [];
  let aheadSeconds = 0;
  const run = await startLocalRun({
    port: 0,
    stateFolder,
    // Without a PATH no Redis is found there.
    environment: {
      REDIS_URL: environment['REDIS_URL'],
      KAFKA_BROKERS: environment['KAFKA_BROKERS'],
      PATH: '',
    },
    accessLog: (line) => accessLog.push(line),
    notice: (text) => console.log(`The local run says: ${text}`),
    now: () => Date.now() + aheadSeconds * 1_000,
  });
  console.log(
    `End-to-end against a local run at ${run.url}\n  store: ${run.store}\n  events: ${run.eventLog}`,
  );
  const local: LocalControl = {
    stopService: (name) => run.stopService(name),
    startService: (name) => run.startService(name),
    externalUrl: (name) => run.configuration.environment.externals[name] ?? '',
    advanceClock: (seconds) => {
      aheadSeconds += seconds;
    },
    accessLog: () => accessLog,
  };
  return {
    target: { url: run.url, apiUrl: run.apiUrl, token: (claims) => run.token(claims), local },
    environment: 'local',
    // The second is on this machine, too, and on no list of the local environment. Only Linux has it without asking.
    addresses: process.platform === 'linux' ? { operator: '127.0.0.1', stranger: '127.0.0.2' } : undefined,
    async close() {
      await run.close();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

function remote(url: string, environment: NodeJS.ProcessEnv): StartedTarget {
  console.log(`End-to-end against ${url}`);
  const command = environment['E2E_TOKEN_COMMAND'];
  const target: Target = {
    url,
    apiUrl: environment['E2E_API_URL'],
    local: undefined,
    token: (claims) => {
      if (command === undefined) throw new Error('Set E2E_TOKEN_COMMAND to a command that prints a token.');
      return printedToken(command, claims, environment);
    },
  };
  return {
    target,
    environment: environment['E2E_ENVIRONMENT'] ?? 'local',
    addresses: undefined,
    close: () => Promise.resolve(),
  };
}

/** Runs the given command, which learns from its environment whose token is wanted. */
async function printedToken(
  command: string,
  claims: Claims,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const printed = await mustRun('sh', ['-c', command], {
    env: {
      ...environment,
      TOKEN_SUB: claims.sub,
      TOKEN_PERMISSIONS: (claims.permissions ?? []).join(','),
      TOKEN_PLAN: claims.plan,
      TOKEN_EMAIL: claims.email,
    },
  });
  return printed.trim();
}
