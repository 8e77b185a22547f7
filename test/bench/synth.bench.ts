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
 * Measures the synthesis of catalogues of 10, 50 and 100 services with 2.8 routes each, every one in a separate process, with
 * bundles and cdk-nag like a deployment. Sizes alternate, so that other load of the machine affects all of them equally.
 */
export async function run(print: (text: string) => void): Promise<void> {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: object };
  const samples = sizes.map((size) => ({
    size,
    seconds: [] as number[],
    cpu: [] as number[],
    peak: [] as number[],
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { size, seconds, cpu, peak } of samples) {
      const start = performance.now();
      const { cpuSeconds, peakBytes } = synthesise(size, context);
      seconds.push((performance.now() - start) / 1_000);
      cpu.push(cpuSeconds);
      peak.push(peakBytes);
    }
  }
  const medians = samples.map(({ size, seconds, cpu, peak }) => ({
    size,
    seconds: percentile(seconds, 0.5),
    cpuSeconds: percentile(cpu, 0.5),
    megabytes: percentile(peak, 0.5) / 1e6,
  }));
  const [first] = medians;
  print(`Synthesis of the prod environment, medians of ${rounds}, each in its own process`);
  for (const { size, seconds, cpuSeconds, megabytes } of medians) {
    const ratio = seconds / (first?.seconds ?? seconds);
    const bar = size === 100 ? ` (${ratio < maxRatio ? 'under' : 'OVER'} ${maxRatio})` : '';
    print(
      `${String(size).padStart(4)} services  ${seconds.toFixed(2).padStart(6)} s ${ratio.toFixed(2)}x${bar}` +
        `  of the processor ${cpuSeconds.toFixed(2)} s ${(cpuSeconds / (first?.cpuSeconds ?? cpuSeconds)).toFixed(2)}x` +
        `  peak ${megabytes.toFixed(0)} MB`,
    );
  }
}

function synthesise(
  size: number,
  context: object,
): { readonly cpuSeconds: number; readonly peakBytes: number } {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-synth-'));
  try {
    const printed = execFileSync(process.execPath, ['--import', 'tsx', program, String(size)], {
      env: { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return JSON.parse(printed.toString().trim().split('\n').at(-1) ?? '{}');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
