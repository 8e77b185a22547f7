import { fileURLToPath } from 'node:url';
import type { EventSink } from './event-log.ts';
import { createFileSink } from './file-sink.ts';

export interface SinkSurroundings {
  /** How the producer calls itself to a broker. */
  readonly clientId: string;
  readonly writeLine: (line: string) => void;
}

/**
 * Opens the log that a URL names, without touching it yet:
 * `file:folder` or `file:///folder`, `stdout:` (one JSON line per event, for a log collector), or
 * `kafka://host:port[,host:port]`.
 *
 * @throws {Error} if the URL is none of these.
 */
export async function openSink(url: string, { clientId, writeLine }: SinkSurroundings): Promise<EventSink> {
  if (url === 'stdout:') return createLineSink(writeLine);
  if (url.startsWith('file://')) return createFileSink(fileURLToPath(url));
  if (url.startsWith('file:') && url.length > 'file:'.length)
    return createFileSink(url.slice('file:'.length));
  const brokers = /^kafka:\/\/([^/]+)\/?$/.exec(url)?.[1]?.split(',') ?? [];
  if (brokers.length > 0 && brokers.every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker))) {
    // Loaded only where it is used: the client is most of the bundle.
    const { createKafkaSink } = await import('./kafka-sink.ts');
    return createKafkaSink(clientId, brokers);
  }
  throw new Error(
    `${JSON.stringify(url)} is no event log. Use file:<folder>, stdout: or kafka://<host>:<port>.`,
  );
}

function createLineSink(writeLine: (line: string) => void): EventSink {
  return {
    async write(events) {
      for (const event of events) writeLine(`${JSON.stringify(event)}\n`);
    },
    async close() {},
  };
}
