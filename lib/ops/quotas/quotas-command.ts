import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { textTable } from '../commands/text-table.ts';
import { evaluateQuotas, type QuotaResult } from './evaluate-quotas.ts';
import { byRegion, readAssembly, type StackTemplate } from './region-resources.ts';

/**
 * Outcome of the command. Exit codes: 0 all quotas are enough, 1 synthesis failed, 2 invalid command line.
 */
export interface CommandOutcome {
  readonly exitCode: 0 | 1 | 2;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** Synthesises an environment; fails with the output of the synthesis. */
export type Synthesise = (context: Readonly<Record<string, unknown>>) => Promise<readonly StackTemplate[]>;

const usage = `Usage: npm run quotas -- ENVIRONMENT [options]

What an environment's templates need of AWS's quotas, and the raises to ask for. Asks AWS nothing.
EFFECT says what a new account's default does: it blocks the deployment, or limits traffic.

  --capacity SIZE   as if the environment had this size: launch, 100k or 1m
  --json            as JSON, with the source of each figure`;

/** `npm run quotas`: reads a synthesised environment and lists the quotas that it exceeds. */
export async function quotasCommand(
  args: readonly string[],
  synthesise: Synthesise,
): Promise<CommandOutcome> {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { exitCode: 2, stderr: `${parsed}\n\n${usage}` };
  const { values, positionals } = parsed;
  if (values.help === true) return { exitCode: 0, stdout: usage };
  const [env, ...others] = positionals;
  if (env === undefined || others.length > 0) {
    return { exitCode: 2, stderr: `Name one environment.\n\n${usage}` };
  }
  const overrides = values.capacity === undefined ? {} : { overrides: { capacity: values.capacity } };
  let stacks: readonly StackTemplate[];
  try {
    stacks = await synthesise({ env, ...overrides });
  } catch (error) {
    return { exitCode: 1, stderr: error instanceof Error ? error.message : String(error) };
  }
  const quotas = evaluateQuotas(byRegion(stacks));
  return { exitCode: 0, stdout: values.json === true ? JSON.stringify(quotas, null, 2) : asText(quotas) };
}

/** Synthesises in a separate process, as `cdk synth` does, into a temporary folder. */
export function synthesiseIn(
  projectFolder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Synthesise {
  return async (context) => {
    const settings = JSON.parse(readFileSync(join(projectFolder, 'cdk.json'), 'utf8')) as {
      readonly context: object;
    };
    const output = mkdtempSync(join(tmpdir(), 'gatehouse-quotas-'));
    try {
      await promisify(execFile)(process.execPath, ['--import', 'tsx', 'bin/app.ts'], {
        cwd: projectFolder,
        env: {
          ...environment,
          CDK_OUTDIR: output,
          CDK_CONTEXT_JSON: JSON.stringify({ ...settings.context, ...context }),
        },
      });
      return readAssembly(output);
    } catch (error) {
      const { stderr } = error as { readonly stderr?: string };
      throw stderr === undefined || stderr === '' ? error : new Error(stderr.trim(), { cause: error });
    } finally {
      rmSync(output, { recursive: true, force: true });
    }
  };
}

function asText(quotas: readonly QuotaResult[]): string {
  const rows = quotas.map(({ state, region, service, quota, need, default: byDefault, ...remedy }) => [
    state,
    region,
    service,
    quota,
    String(need),
    String(byDefault),
    remedy.effect ?? '',
    remedy.requestValue === undefined
      ? (remedy.instead ?? '')
      : `ask for ${remedy.requestValue}${remedy.code === undefined ? '' : ` (${remedy.code})`}`,
  ]);
  return textTable(['STATE', 'REGION', 'SERVICE', 'QUOTA', 'NEED', 'DEFAULT', 'EFFECT', 'REMEDY'], rows);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        capacity: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
