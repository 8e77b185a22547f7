import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Exchange, exchangeOf, textAnswer } from './exchange.ts';

export interface Listening {
  /** `http://host:port`, without a path. */
  readonly url: string;
  /** Ends every connection at once. */
  readonly close: () => Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What this server is, for messages: `edge`. */
  readonly name: string;
  /** Bytes of header fields that are read at all; a layer's own limit is below it. */
  readonly maxHeaderBytes: number;
  /** Told of a fault of the layer itself; the caller gets a 500. */
  readonly notice: (text: string) => void;
}

/**
 * Idle connections end after a minute, whether they have sent something or not. They outlive those that the layer in
 * front keeps (4 s in undici's pools), so that it never writes to a closing one.
 */
const keepAliveMs = 60_000;

/** @throws {Error} naming the port when it is in use. */
export function listen(
  handle: (exchange: Exchange) => Promise<void>,
  options: ListenOptions,
): Promise<Listening> {
  const server = createServer({ keepAlive: true, maxHeaderSize: options.maxHeaderBytes });
  server.keepAliveTimeout = keepAliveMs;
  server.headersTimeout = keepAliveMs;
  server.on('request', (request, response) => {
    // A caller that has gone shows as `close` on the response, which every exchange watches.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const exchange = exchangeOf(request, response);
    if (exchange === null) {
      response.writeHead(400).end();
      return;
    }
    handle(exchange).catch((error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      options.notice(`${options.name}: ${text}`);
      return exchange.send(textAnswer(500, 'text/plain', 'Internal error of the local run.\n'));
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${options.port} is in use, so the ${options.name} cannot listen. Choose another.`)
          : error,
      );
    });
    server.listen(options.port, options.host, () => {
      const { port } = server.address() as AddressInfo;
      const host = options.host.includes(':') ? `[${options.host}]` : options.host;
      resolve({
        url: `http://${host}:${port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
