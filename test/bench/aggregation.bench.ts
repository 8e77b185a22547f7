import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedis, redisNote, startRedis } from '../../runtime/limit-store/testing/redis-server.ts';
import { aggregatorOf, eventOf } from './aggregation/aggregator.ts';
import { measureClients } from './aggregation/clients.ts';
import { buildKrakend } from './aggregation/krakend.ts';
import { type Page, pagePath, slowestPart } from './aggregation/pages.ts';
import { ask, type Peer, processorSeconds, startKrakend, startProgram } from './aggregation/peers.ts';
import { percentile, tableOf } from './measure.ts';
import { measureStartup } from './startup.ts';

const delayed: readonly Page[] = [1, 7, 20].map((parts) => ({ parts, afterMilliseconds: 10 }));
const immediate: readonly Page[] = [1, 7, 20].map((parts) => ({ parts, afterMilliseconds: 0 }));
const pages = [...delayed, ...immediate];

const rounds = 400;
const warmUpRounds = 100;
/** Limits in microseconds over the slowest part. */
const barP50 = 2_000;
const barP99 = 5_000;
const throughputMilliseconds = 4_000;
const concurrency = 16;

/** Measures the aggregator's overhead over the slowest part and its calls per core, compared with KrakenD. */
export async function run(print: (text: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const redis = hasRedis ? await startRedis() : undefined;
  if (redis === undefined) print(`Breakers without a store${redisNote}\n`);
  const storeUrl = redis?.url ?? 'redis://127.0.0.1:1';
  try {
    const services = await startProgram(new URL('aggregation/services.ts', import.meta.url), []);
    const gatehouse = {
      name: 'Gatehouse behind HTTP',
      ...(await startProgram(new URL('aggregation/gatehouse.ts', import.meta.url), [
        JSON.stringify(pages),
        services.url,
        storeUrl,
      ])),
    };
    const krakend = buildKrakend(folder);
    if ('missing' in krakend) print(`KrakenD is left out: ${krakend.missing}\n`);
    const peers: readonly Peer[] =
      'missing' in krakend
        ? [gatehouse]
        : [gatehouse, await startKrakend(krakend.path, folder, pages, services.url)];

    const aggregate = aggregatorOf(pages, services.url, storeUrl);
    const asFunction = async (path: string) => (await aggregate(eventOf(path))).body;
    for (const page of delayed) print(await addedTime(page, asFunction, peers, services.url));
    for (const page of immediate) for (const peer of peers) print(await throughput(page, peer));
    print('');
    for (const table of await measureClients(services.url, folder)) print(table);
    for (const peer of [services, ...peers]) peer.process.kill('SIGKILL');
    print(await start(storeUrl));
  } finally {
    await redis?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures the candidates in turn, so that other load of the machine affects all of them equally. */
async function addedTime(
  page: Page,
  asFunction: (path: string) => Promise<string>,
  peers: readonly Peer[],
  servicesUrl: string,
): Promise<string> {
  const ways = [
    { name: 'Gatehouse as a function', get: asFunction, barP50, barP99 },
    {
      // The share of the time that is the network round trip on this machine.
      name: 'one part asked for directly',
      get: async () => `{"part":${await ask(`${servicesUrl}/part?after=${page.afterMilliseconds}`)}}`,
      parts: 1,
    },
    ...peers.map(({ name, url }) => ({ name, get: (path: string) => ask(url + path) })),
  ].map((way) => ({ parts: page.parts, ...way, added: [] as number[] }));
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    for (const { get, parts, added } of ways) {
      const startedAt = performance.now();
      const answer = await get(pagePath(page));
      const microseconds = (performance.now() - startedAt) * 1_000;
      if (round >= warmUpRounds) added.push(microseconds - slowestPart(answer, parts));
    }
  }
  return tableOf(
    `Time over the slowest of ${page.parts} parts, one call at a time`,
    ways.map(({ added, get: _get, parts: _parts, ...way }) => ({
      ...way,
      p50: percentile(added, 0.5),
      p99: percentile(added, 0.99),
    })),
  );
}

/** Concurrent calls per second, and per second of the process's CPU time. */
async function throughput(page: Page, { name, url, process: child }: Peer): Promise<string> {
  const callFor = async (milliseconds: number) => {
    const until = performance.now() + milliseconds;
    let calls = 0;
    const callers = Array.from({ length: concurrency }, async () => {
      for (; performance.now() < until; calls += 1) await ask(url + pagePath(page));
    });
    await Promise.all(callers);
    return calls;
  };
  await callFor(throughputMilliseconds / 4);
  const [from, startedAt] = [processorSeconds(child), performance.now()];
  const calls = await callFor(throughputMilliseconds);
  const seconds = (performance.now() - startedAt) / 1_000;
  const until = processorSeconds(child);
  const perCore = from === undefined || until === undefined ? 'unknown' : (calls / (until - from)).toFixed(0);
  return (
    `${page.parts} parts at once, ${concurrency} calls at once: ${name.padEnd(24)}` +
    ` ${(calls / seconds).toFixed(0).padStart(6)} calls/s, ${perCore.padStart(6)} calls per second of its processor time`
  );
}

async function start(storeUrl: string): Promise<string> {
  const { bundleBytes, p50Milliseconds, p99Milliseconds, emptyP50Milliseconds } = await measureStartup(
    'aggregation',
    storeUrl,
  );
  return (
    `Start-up of the bundle: ${bundleBytes} bytes; process to first next p50 ${p50Milliseconds.toFixed(0)} ms,` +
    ` p99 ${p99Milliseconds.toFixed(0)} ms; with an empty handler p50 ${emptyP50Milliseconds.toFixed(0)} ms`
  );
}
