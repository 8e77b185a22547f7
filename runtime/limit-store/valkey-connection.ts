import keySlot from 'cluster-key-slot';
import { Cluster, Redis, type RedisOptions } from 'iovalkey';

export interface LimitStoreAddress {
  /** `redis://host:port`, or `rediss://` for TLS. */
  readonly url: string;
  readonly topology: 'single' | 'cluster';
  /** Asked anew for each connection to each node, since a token expires. Left out where the store asks for none. */
  readonly credentials?: () => { readonly username: string; readonly password: string };
}

/** An open connection that runs scripts. Its calls reject on any failure and are never sent twice. */
export interface Connection {
  evalsha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Names what holds a key: one of the cluster's primaries. Left out where one server holds all. */
  readonly shardOf?: (key: string) => string;
  close(): void;
}

/** An attempt to connect that takes longer is given up, so that the next one starts afresh. */
const connectTimeoutMilliseconds = 2_000;

/**
 * Connects. Reconnecting is the caller's: a connection that ends stays ended and says so once.
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
    // A command that cannot be sent now is a failure now: no queue, no second try.
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  } satisfies RedisOptions;
  const client =
    address.topology === 'cluster'
      ? clusterClient(node, options, address.credentials)
      : singleClient(node, options);
  // Without a listener the client prints its errors; the calls that fail carry them, too.
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
    // A slot that moved is followed once or twice; what takes longer does not fit a call's budget.
    maxRedirections: 2,
  });
  if (credentials !== undefined) {
    // A node may be found, or first connected to, long after the client was made, and the client's own connection for
    // subscriptions copies a node's password: so each reads a new token, good for 15 minutes.
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
