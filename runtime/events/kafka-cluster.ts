import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import kafkajs, { type Kafka, type OauthbearerProviderResponse } from 'kafkajs';

/** How a cluster is reached. */
export interface KafkaCluster {
  readonly clientId: string;
  /** `host:port` of some brokers, asked for with each new client. */
  readonly brokers: () => Promise<readonly string[]>;
  /** A token for a new connection; with it goes TLS. Absent: plain text, nobody is asked who they are. */
  readonly token?: () => Promise<OauthbearerProviderResponse>;
  /** Whether a topic that is not there is made by using it. */
  readonly createsTopics: boolean;
}

/** One client and every connection it has, to be let go of at once. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /** Ends all connections, and lets the client make no more: what it still tries fails. */
  drop(): void;
}

const connectTimeoutMilliseconds = 3_000;
/** A request on a connection that died while Lambda had frozen the process must fail in time for another attempt. */
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
    // Failures come back as errors, for their callers to log.
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
      if (isDropped) socket.destroy(new Error('The client was let go of.'));
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
