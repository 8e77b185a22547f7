import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../../common/is-record.ts';
import type { EnvironmentInput } from '../../config/index.ts';
import { describeExit, type ProcessGroup } from './processes/process-group.ts';

export interface SynthesisOptions {
  readonly processes: ProcessGroup;
  /** The folder of `cdk.json`. */
  readonly projectFolder: string;
  /** The folder of the assembly; simultaneous syntheses need separate folders. */
  readonly outputFolder: string;
  /** Entries of the environment `local`, with the addresses of this run. */
  readonly overrides: Partial<EnvironmentInput>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The synthesis failed; the message is the output of the CDK application. */
class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}

/**
 * Synthesises the environment `local` like `cdk synth`, in a separate process: the CDK libraries take longer to load than
 * the rest of the run, and only the synthesis needs them.
 *
 * @throws {SynthesisError}
 */
export async function synthesise(options: SynthesisOptions): Promise<void> {
  const { processes, projectFolder, outputFolder, overrides, environment } = options;
  const settings: unknown = JSON.parse(readFileSync(join(projectFolder, 'cdk.json'), 'utf8'));
  const context = isRecord(settings) && isRecord(settings['context']) ? settings['context'] : {};
  const said: string[] = [];
  const exit = await processes.start({
    name: 'synthesis',
    command: process.execPath,
    args: ['--import', 'tsx', 'bin/app.ts'],
    cwd: projectFolder,
    env: {
      ...definedOnly(environment),
      CDK_OUTDIR: outputFolder,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, env: 'local', overrides }),
    },
    onLine: (line) => said.push(line),
  }).exited;
  if (exit.kind === 'exited' && exit.code === 0) return;
  throw new SynthesisError(
    said.length > 0 ? said.join('\n') : `The CDK application ${describeExit(exit)} without any output.`,
  );
}

function definedOnly(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
