import keySlot from 'cluster-key-slot';
import { Cluster, Redis, type RedisOptions } from 'iovalkey';

export interface LimitStoreAddress {
  /** `redis://host:port`, or `rediss://` for TLS. */
  readonly url: string;
  readonly topology: 'single' | 'cluster';
  /**
   * Requested for each connection to each node, because a token expires. Left out when the limit store
   * requires none.
   */
  readonly credentials?: () => { readonly username: string; readonly password: string };
}

/** An open connection that runs scripts. Its calls reject on any failure and are never sent twice. */
export interface Connection {
  evalsha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** The shard of a key: one of the cluster's primaries. Left out with a single server. */
  readonly shardOf?: (key: string) => string;
  close(): void;
}

/** A connection attempt that takes longer is given up, so that the next one starts fresh. */
const connectTimeoutMilliseconds = 2_000;

/**
 * Connects. The caller reconnects: a lost connection stays closed and calls back once.
 *
 * @param onEnd Called when the connection is lost.
 */
export async function openConnection(address: LimitStoreAddress, onEnd: () => void): Promise<Connection> {
  const url = new URL(address.url);
  const node = { host: url.hostname, port: Number(url.port === '' ? 6379 : url.port) };
  const options = {
    ...address.credentials?.(),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    connectTimeout: connectTimeoutMilliseconds,
    // A command that cannot be sent now fails now: no queue, no retry.
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  } satisfies RedisOptions;
  const client =
    address.topology === 'cluster'
      ? clusterClient(node, options, address.credentials)
      : singleClient(node, options);
  // Without a listener the client prints its errors; the failing calls report them anyway.
  client.on('error', () => undefined);
  client.on('end', onEnd);
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw error;
  }
  return {
    evalsha: (sha1, keys, args) => client.evalsha(sha1, keys.length, ...keys, ...args),
    eval: (source, keys, args) => client.eval(source, keys.length, ...keys, ...args),
    ...(client instanceof Cluster ? { shardOf: (key) => client.slots[keySlot(key)]?.[0] ?? '' } : {}),
    close: () => client.disconnect(),
  };
}

interface Node {
  readonly host: string;
  readonly port: number;
}

function singleClient(node: Node, options: RedisOptions): Redis {
  return new Redis({
    ...node,
    ...options,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
}

function clusterClient(
  node: Node,
  options: RedisOptions,
  credentials: LimitStoreAddress['credentials'],
): Cluster {
  const cluster = new Cluster([node], {
    redisOptions: options,
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    clusterRetryStrategy: () => null,
    slotsRefreshTimeout: connectTimeoutMilliseconds,
    // Names, not addresses: a serverless cache's certificate is for its name.
    dnsLookup: (hostname, done) => done(null, hostname),
    // A slot that moved is followed once or twice; more would exceed a call's budget.
    maxRedirections: 2,
  });
  if (credentials !== undefined) {
    // A node may be found, or first connected to, long after the client was created, and the client's own
    // connection for subscriptions copies a node's password: so each connection reads a new token, valid for
    // 15 minutes.
    cluster.on('+node', (found: Redis) => {
      Object.defineProperty(found.options, 'password', {
        get: () => credentials().password,
        enumerable: true,
        configurable: true,
      });
    });
  }
  return cluster;
}
