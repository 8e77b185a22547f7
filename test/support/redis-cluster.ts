import { Redis } from 'iovalkey';
import { freePort, type SpawnedRedis, spawnRedis } from '../../runtime/limit-store/testing/redis-server.ts';

/** A Redis cluster of three primaries that own all slots. */
export interface RedisCluster {
  /** Base URLs of the primaries. */
  readonly urls: readonly string[];
  /** Sends a command to every primary, as the default user. */
  onAll(command: string, ...args: readonly string[]): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

const slots = 16_384;
const primaries = 3;

/** Starts a cluster of `redis-server`s with no data. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes: { readonly server: SpawnedRedis; readonly busPort: number; readonly admin: Redis }[] = [];
  for (let index = 0; index < primaries; index += 1) {
    const busPort = await freePort();
    const server = await spawnRedis(['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`]);
    nodes.push({ server, busPort, admin: new Redis(server.url) });
  }
  const cluster: RedisCluster = {
    urls: nodes.map(({ server }) => server.url),
    onAll: (command, ...args) => Promise.all(nodes.map(({ admin }) => admin.call(command, ...args))),
    close: async () => {
      for (const { admin } of nodes) admin.disconnect();
      await Promise.all(nodes.map(({ server }) => server.close()));
    },
  };
  const [first] = nodes;
  for (const [index, { server, busPort, admin }] of nodes.entries()) {
    const [from, to] = [index, index + 1].map((edge) => Math.floor((slots * edge) / primaries));
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${(to ?? 0) - 1}`);
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
    await first?.admin.call('CLUSTER', 'MEET', '127.0.0.1', new URL(server.url).port, `${busPort}`);
  }
  await everywhere(cluster, (info) => /cluster_state:ok/.test(info) && /cluster_size:3/.test(info));
  return cluster;
}

/** Waits until the condition holds for the cluster information of every primary. */
async function everywhere(cluster: RedisCluster, holds: (info: string) => boolean): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const infos = await cluster.onAll('CLUSTER', 'INFO');
    if (infos.every((info) => holds(String(info)))) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('The primaries did not form a cluster in 30 s.');
}
