import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const loopback = '127.0.0.1';

const maxConnectMilliseconds = 3_000;

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
async function requireFreePort(port: number, host: string): Promise<void> {
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
    if (await acceptsConnections(port)) return true;
    await sleep(25);
  }
  return false;
}

/** Whether a server listens on that port of the loopback address. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, loopback);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port that is kept for a server which starts later. */
export interface ReservedPort {
  readonly port: number;
  /** Frees it for that server, and resolves when it is free. */
  release(): Promise<void>;
}

/**
 * Keeps a port from the first moment of a start, so that of two starts at once one is refused. Whoever calls there
 * meanwhile gets 503.
 *
 * @param port 0 takes any free one.
 * @throws {Error} that names the port, its holder and the remedy when it is taken.
 */
export async function reservePort(port: number): Promise<ReservedPort> {
  const chosen = port === 0 ? await freePort() : port;
  const server = createHttpServer((_, response) => {
    response.writeHead(503, { 'retry-after': '2', 'content-type': 'text/plain', connection: 'close' });
    response.end('The local run is starting.\n');
  });
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(chosen, loopback, () => resolve(true));
  });
  if (!isListening) {
    if (port === 0) return await reservePort(0);
    await requireFreePort(port, loopback);
    throw new Error(`Port ${port} cannot be used. Choose another port: PORT=${port + 10} npm start`);
  }
  return {
    port: chosen,
    release: () =>
      new Promise((released) => {
        server.close(() => released());
        server.closeAllConnections();
      }),
  };
}

/** Why nothing can be reached there within three seconds; undefined when something accepts connections. */
export function connectFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: maxConnectMilliseconds });
    const done = (fault?: string) => {
      socket.destroy();
      resolve(fault);
    };
    socket.once('connect', () => done());
    socket.once('timeout', () => done('no answer'));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}
