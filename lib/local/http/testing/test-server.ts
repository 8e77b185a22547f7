import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the test server received. */
export interface Received {
  readonly method: string;
  readonly url: string;
  /** A flat list of names and values, as received. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

export interface TestServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly received: readonly Received[];
  readonly close: () => Promise<void>;
}

/** A server on loopback for tests: it reads each request completely; the function writes the response. */
export async function startTestServer(
  answer: (response: ServerResponse, request: Received) => void,
): Promise<TestServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('error', () => undefined);
    request.on('end', () => {
      const { method = '', url = '', rawHeaders, headers } = request;
      const one = { method, url, rawHeaders, headers, bytes };
      received.push(one);
      answer(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
