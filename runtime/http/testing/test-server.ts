import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A received request, read to its end. */
export interface ReceivedCall {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TestHttpServer {
  /** Base URL, without a path. */
  readonly url: string;
  /** The received requests, oldest first. */
  readonly calls: readonly ReceivedCall[];
  /** Also ends calls in progress. */
  close(): void;
}

/** A fake AWS API on loopback that answers with `answer`. */
export async function startTestHttpServer(
  answer: (call: ReceivedCall) => TestAnswer,
): Promise<TestHttpServer> {
  const calls: ReceivedCall[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers: sent } = request;
      const call = { method, url, headers: sent, body: Buffer.concat(parts).toString() };
      const { status, headers, body } = answer(call);
      calls.push(call);
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
