import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../lib/local/run/processes/ports.ts';
import { krakendConfiguration, type Page } from './pages.ts';

/** A gateway in a separate process. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

/** Starts a program, which prints its port when it listens. */
export async function startProgram(program: URL, args: readonly string[]): Promise<Omit<Peer, 'name'>> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithUs(child);
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url: `http://127.0.0.1:${port}`, process: child };
}

export async function startKrakend(
  program: string,
  folder: string,
  pages: readonly Page[],
  servicesUrl: string,
): Promise<Peer> {
  const port = await freePort();
  const file = join(folder, 'krakend.json');
  writeFileSync(file, JSON.stringify(krakendConfiguration(pages, servicesUrl, port)));
  const child = spawn(program, [file], { stdio: 'ignore' });
  endWithUs(child);
  while (!(await listens(port))) await sleep(50);
  return { name: 'KrakenD (lura 2.9.0)', url: `http://127.0.0.1:${port}`, process: child };
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends a GET over a kept-alive connection, and returns the body. */
export function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${url} answered ${response.statusCode}: ${body}`));
      });
    }).on('error', reject);
  });
}

/** CPU seconds that a process has used; undefined on systems without `/proc`. */
export function processorSeconds({ pid }: ChildProcess): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // User and system time, in hundredths (proc_pid_stat(5); USER_HZ is 100 on every Linux that Node runs on).
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

function endWithUs(child: ChildProcess): void {
  process.once('exit', () => child.kill('SIGKILL'));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
