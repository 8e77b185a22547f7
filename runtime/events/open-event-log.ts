import { fileURLToPath } from 'node:url';
import type { AwsCredentials } from '../aws/aws-credentials.ts';
import type { EventLog } from './event-log.ts';
import { eventText } from './event-text.ts';
import { createFileLog } from './file-log.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { mskCluster } from './msk-cluster.ts';

/** Where they sign for is said by the cluster. */
export type SigningKeys = Omit<AwsCredentials, 'region'>;

export interface EventLogDependencies {
  /** How producers and consumers call themselves to a broker. */
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Takes the lines of `stdout:`, each with its end. */
  readonly writeLine: (line: string) => void;
  /** What signs calls to MSK, asked for whenever a connection needs it. Only `msk:` needs it. */
  readonly credentials?: () => SigningKeys | Promise<SigningKeys>;
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
export async function openEventLog(url: string, dependencies: EventLogDependencies): Promise<EventLog> {
  if (url === 'stdout:') return createLineLog(dependencies.writeLine);
  if (url.startsWith('file://')) return createFileLog(fileURLToPath(url), dependencies);
  if (url.startsWith('file:') && url.length > 'file:'.length) {
    return createFileLog(url.slice('file:'.length), dependencies);
  }
  const cluster = openKafkaCluster(url, dependencies);
  if (cluster === null) throw new Error(`${JSON.stringify(url)} is no event log. ${remedy}`);
  const { wait, produceTimeoutMilliseconds = 8_000 } = dependencies;
  // Loaded only where it is used: the client is most of a bundle.
  const { createKafkaLog } = await import('./kafka-log.ts');
  return createKafkaLog(cluster, { wait, produceTimeoutMilliseconds });
}

/**
 * The cluster that a URL names; null where it names none.
 *
 * @throws {Error} if it names a cluster of MSK by no ARN, or there is nothing to sign with.
 */
export function openKafkaCluster(url: string, dependencies: EventLogDependencies): KafkaCluster | null {
  const { clientId, nowMs, credentials } = dependencies;
  if (url.startsWith('msk:')) {
    if (credentials === undefined) throw new Error('MSK asks for IAM, and there is nothing to sign with.');
    return mskCluster(url.slice('msk:'.length), { clientId, nowMs, credentials });
  }
  const brokers = /^kafka:\/\/([^/]+)\/?$/.exec(url)?.[1]?.split(',') ?? [];
  if (brokers.length === 0 || !brokers.every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker))) return null;
  return { clientId, brokers: async () => brokers, createsTopics: true };
}

function createLineLog(writeLine: (line: string) => void): EventLog {
  return {
    async produce(_, events) {
      for (const event of events) writeLine(`${eventText(event)}\n`);
    },
    async consume() {
      throw new Error(`The event log "stdout:" cannot be read. ${remedy}`);
    },
    async close() {},
  };
}
