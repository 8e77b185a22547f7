import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const loopback = '127.0.0.1';

/**
 * Where ports are looked for: below those that systems give out by themselves (from 32768 on Linux, from 49152 by RFC
 * 6335), so that no connection of the machine takes one between the look and its use.
 */
const lowestPort = 20_000;
const highestPort = 32_000;

/** A port that nobody listens on now. Whoever starts a server there soon gets it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowestPort, highestPort);
    if (await isPortFree(port, loopback)) return port;
  }
}

/**
 * Makes sure that a server can listen there.
 *
 * @throws {Error} that names the port, who has it as far as that can be told, and the remedy.
 */
export async function requireFreePort(port: number, host: string): Promise<void> {
  if (await isPortFree(port, host)) return;
  const holder = await portHolder(port);
  throw new Error(
    `Port ${port} is in use${holder === undefined ? '' : ` by ${holder}`}. ` +
      `End that program, or choose another port: PORT=${port + 10} npm start`,
  );
}

/** The program that listens on a port, where `lsof` is there to tell. */
async function portHolder(port: number): Promise<string | undefined> {
  const listing = await new Promise<string>((resolve) => {
    execFile('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: 2_000 }, (_, stdout) =>
      resolve(stdout),
    );
  });
  // One field a line: p for the process, c for its command.
  const [, pid, command] = /^p(\d+)\nc(.+)$/m.exec(listing) ?? [];
  return pid === undefined ? undefined : `${command} (process ${pid})`;
}

/** Whether a server could listen there. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Resolves with true as soon as something accepts connections there, or with false when the work is given up. */
export async function waitForPort(port: number, givenUp: () => boolean): Promise<boolean> {
  while (!givenUp()) {
    if (await accepts(port)) return true;
    await sleep(25);
  }
  return false;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, loopback);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
