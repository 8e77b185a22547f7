import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopback } from '../../run/processes/ports.ts';

/** A server of the local run on a free port of the loopback address. */
export interface LoopbackServer {
  /** The URL without a path. */
  readonly url: string;
  /** Also ends pending requests. */
  close(): void;
}

/**
 * Serves an AWS API for the processes of the run, but not for web pages: it refuses a request whose `Host` is not a
 * loopback address, so that a host name that resolves to 127.0.0.1 (DNS rebinding) has no access.
 */
export async function serveOnLoopback(listener: RequestListener): Promise<LoopbackServer> {
  return await serveAnyHost(requireLoopbackHost(listener));
}

/** Serves public content on loopback for any `Host`, because the edge sends another name. */
export async function serveAnyHost(listener: RequestListener): Promise<LoopbackServer> {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, loopback, listening));
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A listener that refuses requests for other hosts than this machine. */
export function requireLoopbackHost(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (isLoopbackHost(request.headers.host)) return listener(request, response);
    response.writeHead(421, { 'content-type': 'application/json', connection: 'close' });
    return response.end(JSON.stringify({ message: 'Use the address 127.0.0.1, [::1] or localhost.' }));
  };
}

function isLoopbackHost(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host ?? '');
}

/** Reads the complete body. Rejects when the client disconnects before the end. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
