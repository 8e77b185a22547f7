import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Pool } from 'undici';
import { HttpUpstream } from '../../../lambda/aggregation/http-upstream.ts';
import { bundling } from '../../../lib/features/functions/bundling.ts';
import { measure, percentile, tableOf } from '../measure.ts';

/** Measures HTTP clients for the services: seven concurrent parts over kept-alive connections, and their size in a bundle. */
export async function measureClients(servicesUrl: string, folder: string): Promise<readonly string[]> {
  const upstream = new HttpUpstream({
    baseUrl: () => servicesUrl,
    maxConnections: 64,
    now: () => performance.now(),
  });
  const pool = new Pool(servicesUrl, { connections: 64 });
  const { signal } = new AbortController();
  const path = '/part?after=0';
  const seven = (once: () => Promise<unknown>) => () => Promise.all(Array.from({ length: 7 }, once));
  const work = { warmUp: 500, rounds: 2_000 };
  const rows = await measure([
    {
      name: 'node:http Agent (ours, with time-out and bounds)',
      run: seven(() =>
        upstream.call({
          service: 'part',
          method: 'GET',
          path,
          headers: {},
          timeoutMilliseconds: 5_000,
          caller: 'a',
          fullTimeoutMilliseconds: 5_000,
          maxBytes: 1_000_000,
          signal,
        }),
      ),
      ...work,
    },
    {
      name: 'undici Pool',
      run: seven(async () =>
        (await pool.request({ path, method: 'GET', headersTimeout: 5_000 })).body.arrayBuffer(),
      ),
      ...work,
    },
    { name: 'fetch', run: seven(async () => (await fetch(servicesUrl + path)).arrayBuffer()), ...work },
  ]);
  upstream.close();
  await pool.destroy();
  return [tableOf('Seven requests at once, by client', rows), await weighAll(folder)];
}

/** Bundle size and start time of an otherwise empty function with each client. */
async function weighAll(folder: string): Promise<string> {
  const bundles = [
    { name: 'nothing', contents: 'globalThis.client = 1;' },
    {
      name: 'node:http',
      contents:
        "import { Agent, request } from 'node:http'; import { request as secure } from 'node:https';" +
        'globalThis.client = [Agent, request, secure];',
    },
    { name: 'fetch', contents: "globalThis.client = fetch('http://127.0.0.1:1').catch(() => undefined);" },
    { name: 'undici Pool', contents: "import { Pool } from 'undici'; globalThis.client = Pool;" },
  ].map((bundle, index) => ({
    ...bundle,
    outfile: join(folder, `client${index}.mjs`),
    samples: [] as number[],
  }));
  for (const { contents, outfile } of bundles) {
    await build({ ...bundling, stdin: { contents, resolveDir: bundling.absWorkingDir }, outfile });
  }
  for (let round = 0; round < starts; round += 1) {
    for (const { outfile, samples } of bundles) {
      const startedAt = performance.now();
      execFileSync(process.execPath, [outfile]);
      samples.push(performance.now() - startedAt);
    }
  }
  const lines = bundles.map(
    ({ name, outfile, samples }) =>
      `${name.padEnd(14)}${statSync(outfile).size.toString().padStart(8)} bytes ${percentile(samples, 0.5).toFixed(0).padStart(6)} ms`,
  );
  return ['A bundle with nothing but the client, and its process from start to end', ...lines, ''].join('\n');
}

const starts = 15;
