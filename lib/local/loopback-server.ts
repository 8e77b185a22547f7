import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopback } from './processes/ports.ts';

/** A server of this run alone, at an address that the system has chosen. */
export interface LoopbackServer {
  /** Without a path. */
  readonly url: string;
  /** Ends calls under way, too. */
  close(): void;
}

/** Serves one of AWS's own APIs to the processes of the run. */
export async function serveOnLoopback(listener: RequestListener): Promise<LoopbackServer> {
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

/** The whole body. Rejects when its sender goes away before its end. */
export async function readWhole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
