import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { percentile } from './measure.ts';

const program = fileURLToPath(new URL('./synth-many.ts', import.meta.url));
const rounds = 3;
const sizes = [10, 50, 100] as const;
const maxRatio = 2;

/**
 * The synthesis of catalogues of 10, 50 and 100 services with 2.8 routes each, every one in a process of its own, with
 * bundles and cdk-nag as a deployment has them. Sizes take turns, so that a busy moment falls on all alike.
 */
export async function run(print: (text: string) => void): Promise<void> {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: object };
  const samples = new Map(
    sizes.map((size) => [size, { seconds: [] as number[], megabytes: [] as number[] }]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const [size, { seconds, megabytes }] of samples) {
      const folder = mkdtempSync(join(tmpdir(), 'gatehouse-synth-'));
      const start = performance.now();
      const peakBytes = execFileSync(process.execPath, ['--import', 'tsx', program, String(size)], {
        env: { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      seconds.push((performance.now() - start) / 1_000);
      megabytes.push(Number(peakBytes.toString().trim().split('\n').at(-1)) / 1e6);
      rmSync(folder, { recursive: true });
    }
  }
  print(`Synthesis of the prod environment, medians of ${rounds}, each in its own process`);
  const first = percentile(samples.get(sizes[0])?.seconds ?? [], 0.5);
  for (const [size, { seconds, megabytes }] of samples) {
    const time = percentile(seconds, 0.5);
    const ratio = time / first;
    const bar = size === 100 ? ` (${ratio < maxRatio ? 'under' : 'OVER'} ${maxRatio})` : '';
    print(
      `${String(size).padStart(4)} services  ${time.toFixed(2).padStart(6)} s  ` +
        `peak ${percentile(megabytes, 0.5).toFixed(0).padStart(4)} MB  ${ratio.toFixed(2)}x${bar}`,
    );
  }
}
