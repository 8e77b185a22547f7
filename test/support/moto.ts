import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../lib/local/run/processes/ports.ts';
import { pythonTools } from './python-tools.ts';

/** An account that moto emulates. Its id is 123456789012. */
export interface Moto {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** The Python executable of moto. Its libraries include CloudFormation's schemas. */
export const motoPython = (): string => join(pythonTools('requirements-moto.txt'), 'python');

/** Starts an empty moto on loopback. @throws if it does not answer within a minute. */
export async function startMoto(): Promise<Moto> {
  const program = join(pythonTools('requirements-moto.txt'), 'moto_server');
  const port = await freePort();
  const server = spawn(program, ['-H', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill();
    await ended;
  };
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const isUp = await fetch(`${endpoint}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { endpoint, stop };
    await sleep(200);
  }
  await stop();
  throw new Error('moto did not answer within a minute.');
}
