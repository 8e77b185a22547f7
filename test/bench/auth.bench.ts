import { hasRedis, redisNote, startRedis } from '../../runtime/limit-store/testing/redis-server.ts';
import { measureDecisions } from './decisions.ts';
import { connectLimitStore, measureLimitStore } from './limit-store.ts';
import { tableOf } from './measure.ts';
import { measureMemory } from './memory.ts';
import { metricsCost } from './metrics-cost.ts';
import { measureStartup } from './startup.ts';
import { measureTokens } from './tokens.ts';

const maxBundleBytes = 200_000;
const maxStartMilliseconds = 100;

/** Measures the authorizer: decisions, limit store calls, start-up and memory, each with its comparison. */
export async function run(print: (text: string) => void): Promise<void> {
  print(tableOf('Decisions, counting in the process', await measureDecisions()));
  for (const { title, rows } of await measureTokens()) print(tableOf(title, rows));

  const redis = hasRedis ? await startRedis() : undefined;
  if (redis === undefined) print(`Decisions over a store, and store calls${redisNote}\n`);
  else {
    const store = connectLimitStore(redis);
    print(tableOf('Decisions over a real server', await measureDecisions(store)));
    print(
      tableOf('Store calls on a real server, one after the other', await measureLimitStore(store, redis)),
    );
    store.close();
  }
  print(metricsCost());

  const start = await measureStartup('auth', redis?.url ?? 'redis://127.0.0.1:1');
  print('Start-up of the bundle');
  print(
    `bundle ${start.bundleBytes} bytes (${start.bundleBytes < maxBundleBytes ? 'under' : 'OVER'} ${maxBundleBytes})`,
  );
  print(
    `process to first next: p50 ${start.p50Milliseconds.toFixed(0)} ms` +
      ` (${start.p50Milliseconds < maxStartMilliseconds ? 'under' : 'OVER'} ${maxStartMilliseconds}),` +
      ` p99 ${start.p99Milliseconds.toFixed(0)} ms; with an empty handler p50 ${start.emptyP50Milliseconds.toFixed(0)} ms`,
  );
  const memory = await measureMemory();
  print(
    `heap after ${memory.subjects} subjects: ${memory.afterMegabytes.toFixed(0)} MB,` +
      ` before ${memory.beforeMegabytes.toFixed(0)} MB`,
  );
  await redis?.close();
}
