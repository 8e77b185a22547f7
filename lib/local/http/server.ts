import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Exchange, textResponse, toExchange } from './exchange.ts';
import { type RequestLine, watchRequestLines } from './request-line.ts';

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

/** Name or address with an optional port (RFC 9110 section 7.2). */
const host = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Whether the head says one host, and how long the body is in one way that its version knows (RFC 9112 sections 3.2, 6.1). */
function isHeadValid({ headersDistinct, httpVersion }: IncomingMessage): boolean {
  const hosts = headersDistinct['host'] ?? [];
  const isOldChunked = httpVersion === '1.0' && headersDistinct['transfer-encoding'] !== undefined;
  return hosts.length === 1 && host.test(hosts[0] ?? '') && !isOldChunked;
}

/** @throws {Error} naming the port when it is in use. */
export function listen(
  handle: (exchange: Exchange) => Promise<void>,
  options: ListenOptions,
): Promise<Listening> {
  const server = createServer({ keepAlive: true, maxHeaderSize: options.maxHeaderBytes });
  server.keepAliveTimeout = keepAliveMs;
  server.headersTimeout = keepAliveMs;
  const lines = new WeakMap<Socket, RequestLine>();
  server.on('connection', (socket: Socket) => lines.set(socket, watchRequestLines(socket)));
  server.on('request', (request, response) => {
    // A caller that has gone shows as `close` on the response, which every exchange watches.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const line = lines.get(request.socket);
    const isValid = line?.begin() !== false && isHeadValid(request);
    request.once('end', () => line?.end());
    const exchange = isValid ? toExchange(request, response) : null;
    if (exchange === null) {
      response.writeHead(400, { connection: 'close' }).end();
      return;
    }
    handle(exchange).catch((error: unknown) => {
      // Cut off in mid-body, or no longer HTTP there: Node's parser has answered, if anybody still listens.
      if (request.destroyed && !request.complete) return undefined;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      options.notice(`${options.name}: ${text}`);
      return exchange.send(textResponse(500, 'text/plain', 'Internal error of the local run.\n'));
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
