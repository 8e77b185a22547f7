import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Exchange, textResponse, toExchange } from './exchange.ts';
import { type RequestLine, watchRequestLines } from './request-line.ts';

export interface Listening {
  /** `http://host:port`, without a path. */
  readonly url: string;
  /** Closes all connections at once. */
  readonly close: () => Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
  /** The name of the server in messages: `edge`. */
  readonly name: string;
  /** The maximum size of header fields, in bytes; the handler may have a lower limit. */
  readonly maxHeaderBytes: number;
  /** Receives errors of the handler; the client gets a 500. */
  readonly notice: (text: string) => void;
}

/**
 * Idle connections are closed after a minute. The connection pools of clients close theirs earlier (4 s in undici), so
 * that a client never writes to a closing connection.
 */
const keepAliveMs = 60_000;

/** A name or address with an optional port (RFC 9110 section 7.2). */
const host = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Whether the head has one valid host, and no chunked body in HTTP/1.0 (RFC 9112 sections 3.2, 6.1). */
function isHeadValid({ headersDistinct, httpVersion }: IncomingMessage): boolean {
  const hosts = headersDistinct['host'] ?? [];
  const isOldChunked = httpVersion === '1.0' && headersDistinct['transfer-encoding'] !== undefined;
  return hosts.length === 1 && host.test(hosts[0] ?? '') && !isOldChunked;
}

/** Starts a server. @throws {Error} when the port is in use; the message names it. */
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
    // A disconnect also emits `close` on the response, which every exchange observes.
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
      // The body was cut off or invalid: the parser of Node.js has already responded.
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
          ? new Error(
              `Port ${options.port} is in use, so the ${options.name} cannot start. Choose another port.`,
            )
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
