import { statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Pool } from 'undici';
import { HttpUpstream } from '../../../lambda/aggregation/http-upstream.ts';
import { bundling } from '../../../lib/bundling.ts';
import { measure, tableOf } from '../measure.ts';

/** Clients that could ask the services: seven parts at once over kept connections, and what they weigh in a bundle. */
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
  const weights = await Promise.all([
    weigh(
      "import { Agent, request } from 'node:http'; console.log(Agent, request);",
      join(folder, 'http.mjs'),
    ),
    weigh("import { Pool } from 'undici'; console.log(Pool);", join(folder, 'undici.mjs')),
  ]);
  return [
    tableOf('Seven requests at once, by client', rows),
    `In a bundle: node:http ${weights[0]} bytes, undici's Pool ${weights[1]} bytes\n`,
  ];
}

async function weigh(contents: string, outfile: string): Promise<number> {
  await build({ ...bundling, stdin: { contents, resolveDir: bundling.absWorkingDir }, outfile });
  return statSync(outfile).size;
}
