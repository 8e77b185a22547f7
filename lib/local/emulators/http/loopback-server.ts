import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopback } from '../../run/processes/ports.ts';

/** A server of this run alone, at an address that the system has chosen. */
export interface LoopbackServer {
  /** Without a path. */
  readonly url: string;
  /** Ends calls under way, too. */
  close(): void;
}

/**
 * Serves one of AWS's own APIs to the processes of the run, and to no page of a browser: a call whose `Host` is not an
 * address of this machine is refused, so that a name which somebody points at 127.0.0.1 (DNS rebinding) reaches nothing.
 */
export async function serveOnLoopback(listener: RequestListener): Promise<LoopbackServer> {
  return await serveAnyHost(requireLoopbackHost(listener));
}

/** Serves on loopback by whatever name it is called: what is public anyway, to a layer that names it differently. */
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

/** A listener that refuses calls by any name but this machine's own. */
export function requireLoopbackHost(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (isLoopbackHost(request.headers.host)) return listener(request, response);
    response.writeHead(421, { 'content-type': 'application/json', connection: 'close' });
    return response.end(
      JSON.stringify({ message: 'Call it by its address: 127.0.0.1, [::1] or localhost.' }),
    );
  };
}

function isLoopbackHost(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host ?? '');
}

/** The whole body. Rejects when its sender goes away before its end. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
