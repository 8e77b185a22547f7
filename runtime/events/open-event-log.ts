import { fileURLToPath } from 'node:url';
import type { AwsCredentials } from '../aws/aws-credentials.ts';
import type { EventLog } from './event-log.ts';
import { eventText } from './event-text.ts';
import { createFileLog } from './file-log.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { mskCluster } from './msk-cluster.ts';

/** Credentials and clock of MSK signatures; the region is the cluster's. */
export type SigningKeys = Omit<AwsCredentials, 'region'>;

export interface EventLogDependencies {
  /** The client id of producers and consumers at a broker. */
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Receives the lines of `stdout:`, each with its end. */
  readonly writeLine: (line: string) => void;
  /** Credentials for calls to MSK, requested for each connection. Only `msk:` needs them. */
  readonly credentials?: () => SigningKeys | Promise<SigningKeys>;
  /** Longest time of one `produce`, in milliseconds, including connecting. @default 8000 */
  readonly produceTimeoutMilliseconds?: number;
}

const remedy = 'Use file:<folder>, stdout:, kafka://<host>:<port> or msk:<cluster ARN>.';

/**
 * Opens the log that a URL names, without connecting yet:
 * - `file:folder` or `file:///folder`: files of JSON lines;
 * - `stdout:`: one JSON line per event, for a log collector; it cannot be read;
 * - `kafka://host:port[,host:port]`: plain Kafka;
 * - `msk:arn:aws:kafka:…`: an MSK cluster with TLS and IAM, its brokers requested from AWS.
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
  if (cluster === null) throw new Error(`${JSON.stringify(url)} is not the URL of an event log. ${remedy}`);
  const { wait, produceTimeoutMilliseconds = 8_000 } = dependencies;
  // Loaded only when needed: the client is most of a bundle.
  const { createKafkaLog } = await import('./kafka-log.ts');
  return createKafkaLog(cluster, { wait, produceTimeoutMilliseconds });
}

/**
 * The cluster that a URL names; null when the URL names none.
 *
 * @throws {Error} if the ARN of an MSK cluster is invalid, or no credentials are given.
 */
export function openKafkaCluster(url: string, dependencies: EventLogDependencies): KafkaCluster | null {
  const { clientId, nowMs, credentials } = dependencies;
  if (url.startsWith('msk:')) {
    if (credentials === undefined) throw new Error('MSK requires IAM, and no credentials are given.');
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
