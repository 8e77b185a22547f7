import { type AddressInfo, createServer, type Socket } from 'node:net';
import { MemoryEntries } from '../../../../runtime/limit-store/in-memory-entries.ts';
import type { InMemoryScript } from '../../../../runtime/limit-store/in-memory-script.ts';
import { type InMemoryTwin, inMemoryScripts } from '../../../../runtime/limit-store/in-memory-scripts.ts';
import { inMemoryStockScripts } from '../../../../services/inventory/stock/in-memory-stock-scripts.ts';
import { CommandReader, encodeReply, ok, type Reply } from './resp.ts';

export interface InMemoryValkey {
  /** `redis://host:port` */
  readonly url: string;
  close(): void;
}

/** More keys than local traffic uses. */
const maxEntries = 100_000;

/**
 * Serves an in-memory limit store over the Redis protocol, so that functions use the same client and the same
 * commands as with Redis or Valkey. It knows the scripts of the gateway by their digests and runs no others.
 *
 * @param now milliseconds since 1970.
 */
export async function startInMemoryValkey(now: () => number): Promise<InMemoryValkey> {
  const entries = new MemoryEntries(maxEntries);
  const nowMicroseconds = () => Math.floor(now() * 1_000);
  const server = createServer((socket) =>
    serve(socket, (words) => answer(words, entries, nowMicroseconds())),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  const sweeper = setInterval(() => entries.sweep(nowMicroseconds()), 60_000);
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      clearInterval(sweeper);
      server.close();
      for (const socket of connections) socket.destroy();
    },
  };
}

function serve(socket: Socket, executeCommand: (words: readonly string[]) => Reply): void {
  const reader = new CommandReader();
  socket.setNoDelay(true);
  socket.on('error', () => {}); // The client has disconnected; `close` follows.
  socket.on('data', (bytes) => {
    try {
      for (const words of reader.read(bytes)) {
        socket.write(encodeReply(executeCommand(words)));
        if (words[0]?.toUpperCase() === 'QUIT') socket.end();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unreadable';
      socket.end(encodeReply({ error: `ERR Protocol error: ${reason}` }));
    }
  });
}

function answer(words: readonly string[], entries: MemoryEntries, nowMicroseconds: number): Reply {
  const [command = '', ...args] = words;
  const run = (twin: InMemoryTwin | undefined, otherwise: Reply): Reply =>
    twin === undefined ? otherwise : runScript(twin.execute, args.slice(1), entries, nowMicroseconds);
  switch (command.toUpperCase()) {
    case 'PING':
      return args[0] ?? { status: 'PONG' };
    case 'INFO':
      return '# Server\r\nserver_name:gatehouse\r\nloading:0\r\n';
    case 'AUTH':
    case 'CLIENT':
    case 'SELECT':
    case 'QUIT':
      return ok;
    case 'HELLO':
      return { error: 'NOPROTO unsupported protocol version' }; // Clients fall back to RESP2.
    case 'SCRIPT':
      return scriptCommand(args);
    case 'EVALSHA':
      return run(byDigest.get(args[0]?.toLowerCase() ?? ''), {
        error: 'NOSCRIPT No matching script. Please use EVAL.',
      });
    case 'EVAL':
      return run(bySource.get(args[0] ?? ''), foreignScript);
    default:
      return { error: `ERR unknown command '${command.slice(0, 128)}'` };
  }
}

const scripts: readonly InMemoryTwin[] = [...inMemoryScripts, ...inMemoryStockScripts];
const byDigest = new Map(scripts.map((twin) => [twin.script.sha1, twin]));
const bySource = new Map(scripts.map((twin) => [twin.script.source, twin]));
const foreignScript = { error: "ERR the built-in limit store runs only the gateway's scripts" };

function scriptCommand([subcommand = '', ...args]: readonly string[]): Reply {
  switch (subcommand.toUpperCase()) {
    case 'LOAD':
      return bySource.get(args[0] ?? '')?.script.sha1 ?? foreignScript;
    case 'EXISTS':
      return args.map((sha1) => (byDigest.has(sha1.toLowerCase()) ? 1 : 0));
    default:
      return { error: `ERR unknown subcommand '${subcommand.slice(0, 128)}'` };
  }
}

function runScript(
  execute: InMemoryScript,
  [count, ...keysAndArgs]: readonly string[],
  entries: MemoryEntries,
  nowMicroseconds: number,
): Reply {
  const keyCount = Number(count);
  if (!Number.isInteger(keyCount) || keyCount < 0 || keyCount > keysAndArgs.length) {
    return { error: "ERR Number of keys can't be greater than number of args" };
  }
  try {
    return execute(entries, keysAndArgs.slice(0, keyCount), keysAndArgs.slice(keyCount), nowMicroseconds);
  } catch (error) {
    return { error: error instanceof Error ? error.message : 'ERR script failed' };
  }
}
