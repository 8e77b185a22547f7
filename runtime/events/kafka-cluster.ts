import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import kafkajs, { type Kafka, type OauthbearerProviderResponse } from 'kafkajs';

/** How to connect to a cluster. */
export interface KafkaCluster {
  readonly clientId: string;
  /** `host:port` of some brokers, requested for each new client. */
  readonly brokers: () => Promise<readonly string[]>;
  /** Returns a token for a new connection, which then uses TLS. Absent: plain text without authentication. */
  readonly token?: () => Promise<OauthbearerProviderResponse>;
  /** Whether using a topic that does not exist creates it. */
  readonly createsTopics: boolean;
}

/** One client with all its connections, which can be closed at once. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /** Closes all connections and prevents new ones: pending work of the client fails. */
  drop(): void;
}

const connectTimeoutMilliseconds = 3_000;
/** A request on a connection that died while Lambda had frozen the process must fail in time for a retry. */
const requestTimeoutMilliseconds = 3_000;

export function openKafkaClient({ clientId, brokers, token }: KafkaCluster): KafkaClient {
  const sockets = new Set<Socket>();
  let isDropped = false;
  const kafka = new kafkajs.Kafka({
    clientId,
    brokers: async () => [...(await brokers())],
    connectionTimeout: connectTimeoutMilliseconds,
    authenticationTimeout: connectTimeoutMilliseconds,
    requestTimeout: requestTimeoutMilliseconds,
    // The callers receive failures as errors, and log them.
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 10 },
    ...(token === undefined
      ? {}
      : { ssl: true, sasl: { mechanism: 'oauthbearer', oauthBearerProvider: token } }),
    socketFactory: ({ host, port, ssl, onConnect }) => {
      const socket = ssl
        ? connectSecure({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
        : connectPlain({ host, port }, onConnect);
      socket.setKeepAlive(true, 60_000);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      if (isDropped) socket.destroy(new Error('The client is closed.'));
      return socket;
    },
  });
  return {
    kafka,
    drop() {
      isDropped = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
