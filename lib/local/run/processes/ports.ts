import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const loopback = '127.0.0.1';

const maxConnectMilliseconds = 3_000;

/**
 * The range of selected ports. It is below the ephemeral ports (from 32768 on Linux, from 49152 by RFC 6335), so that no
 * outgoing connection takes a port between its selection and its use.
 */
const lowestPort = 20_000;
const highestPort = 32_000;

/** Finds a free port, for a server that starts soon. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowestPort, highestPort);
    if (await isPortFree(port, loopback)) return port;
  }
}

/**
 * Checks that a server can listen on a port.
 *
 * @throws {Error} when it cannot; the message names the port, the program that uses it, and the remedy.
 */
async function requireFreePort(port: number, host: string): Promise<void> {
  if (await isPortFree(port, host)) return;
  const holder = await portHolder(port);
  throw new Error(
    `Port ${port} is in use${holder === undefined ? '' : ` by ${holder}`}. ` +
      `Stop that program, or choose another port: PORT=${port + 10} npm start`,
  );
}

/** The program that listens on a port; undefined without `lsof`. */
async function portHolder(port: number): Promise<string | undefined> {
  const listing = await new Promise<string>((resolve) => {
    execFile('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: 2_000 }, (_, stdout) =>
      resolve(stdout),
    );
  });
  // One field per line: p is the process id, c the command.
  const [, pid, command] = /^p(\d+)\nc(.+)$/m.exec(listing) ?? [];
  return pid === undefined ? undefined : `${command} (process ${pid})`;
}

/** Whether a server can listen on the port. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Resolves with true when the port accepts connections, or with false when the wait is aborted. */
export async function waitForPort(port: number, givenUp: () => boolean): Promise<boolean> {
  while (!givenUp()) {
    if (await acceptsConnections(port)) return true;
    await sleep(25);
  }
  return false;
}

/** Whether a server listens on the port of the loopback address. */
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

/** A port that is reserved for a server that starts later. */
export interface ReservedPort {
  readonly port: number;
  /** Releases the port for the server. Resolves when the port is free. */
  release(): Promise<void>;
}

/**
 * Reserves a port at the beginning of a start, so that a second start on the same port is refused. Until the server
 * starts, requests get 503.
 *
 * @param port 0 selects a free port.
 * @throws {Error} when the port is in use; the message names the port, the program and the remedy.
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

/** Returns why an address cannot be reached within three seconds; undefined when it accepts connections. */
export function connectFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: maxConnectMilliseconds });
    const done = (fault?: string) => {
      socket.destroy();
      resolve(fault);
    };
    socket.once('connect', () => done());
    socket.once('timeout', () => done('no response'));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}
