import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { mustRun } from '../support/command.ts';

/** The CDK's command line, as installed with the project. */
export const cdk = resolve('node_modules/.bin/cdk');

/**
 * Synthesises an environment as a deployer would, checks of cdk-nag included, without credentials.
 *
 * @returns the folder of the cloud assembly.
 * @throws with what the command printed when it fails.
 */
export async function synthesise(environment: string, name = environment): Promise<string> {
  const assembly = resolve('.gatehouse', 'verify', name);
  rmSync(assembly, { recursive: true, force: true });
  await mustRun(cdk, ['synth', '--quiet', '--context', `env=${environment}`, '--output', assembly], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], CI: 'true' },
  });
  return assembly;
}
