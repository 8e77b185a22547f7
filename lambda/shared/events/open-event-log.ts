import { fileURLToPath } from 'node:url';
import type { AwsCredentials } from '../aws-credentials.ts';
import type { EventLog } from './event-log.ts';
import { createFileLog } from './file-log.ts';

export interface EventLogSurroundings {
  /** How producers and consumers call themselves to a broker. */
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Takes the lines of `stdout:`, each with its end. */
  readonly writeLine: (line: string) => void;
  /** What signs calls to MSK, asked for whenever a connection needs it. Only `msk:` needs it. */
  readonly credentials?: () => Promise<Omit<AwsCredentials, 'region'>>;
  /** Longest that one `produce` may take, in milliseconds, connecting included. @default 8000 */
  readonly produceTimeoutMilliseconds?: number;
}

const remedy = 'Use file:<folder>, stdout:, kafka://<host>:<port> or msk:<cluster ARN>.';

/**
 * Opens the log that a URL names, without touching it yet:
 * - `file:folder` or `file:///folder`: files of JSON lines;
 * - `stdout:`: one JSON line per event, for a log collector; it cannot be read;
 * - `kafka://host:port[,host:port]`: plain Kafka;
 * - `msk:arn:aws:kafka:…`: an MSK cluster, by TLS and IAM, its brokers asked of AWS.
 *
 * @throws {Error} if the URL is none of these.
 */
export async function openEventLog(url: string, surroundings: EventLogSurroundings): Promise<EventLog> {
  if (url === 'stdout:') return createLineLog(surroundings.writeLine);
  if (url.startsWith('file://')) return createFileLog(fileURLToPath(url), surroundings);
  if (url.startsWith('file:') && url.length > 'file:'.length) {
    return createFileLog(url.slice('file:'.length), surroundings);
  }
  const { wait, produceTimeoutMilliseconds = 8_000 } = surroundings;
  const brokers = /^kafka:\/\/([^/]+)\/?$/.exec(url)?.[1]?.split(',') ?? [];
  if (brokers.length > 0 && brokers.every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker))) {
    // Loaded only where it is used: the client is most of a bundle.
    const { createKafkaLog } = await import('./kafka-log.ts');
    const cluster = { clientId: surroundings.clientId, brokers: async () => brokers, makesTopics: true };
    return createKafkaLog(cluster, { wait, produceTimeoutMilliseconds });
  }
  throw new Error(`${JSON.stringify(url)} is no event log. ${remedy}`);
}

function createLineLog(writeLine: (line: string) => void): EventLog {
  return {
    async produce(_, events) {
      for (const event of events) writeLine(`${JSON.stringify(event)}\n`);
    },
    async consume() {
      throw new Error(`The event log "stdout:" cannot be read. ${remedy}`);
    },
    async close() {},
  };
}
