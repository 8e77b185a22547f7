import { parseArgs } from 'node:util';
import { ConfigError, type Configuration, loadConfiguration } from '../../config/index.ts';
import { checksAsText, checksExitCode, paragraphsAsText } from '../check-report.ts';
import type { CommandOutcome, Synthesise } from '../quotas/quotas-command.ts';
import type { Account } from './account.ts';
import { forecast } from './forecast.ts';
import { runChecks } from './run-checks.ts';
import { teardown } from './teardown.ts';

const usage = `Usage: npm run preflight -- ENVIRONMENT [options]

Whether AWS would take a deployment of an environment, by the credentials of
AWS's tools, and what it brings: cost, duration, approvals and roles. It
changes nothing. Run it before every first deployment.

  --image-tag TAG   as in cdk deploy -c imageTag=TAG
  --teardown        instead, list what cdk destroy leaves; asks AWS nothing
  --json            the checks as JSON, without the forecast

Exit codes: 0 nothing failed, 1 a check failed, 2 faulty command line.`;

export interface PreflightPorts {
  readonly synthesise: Synthesise;
  readonly account: Account;
  /** The configuration from which the environment is synthesised. */
  readonly configure?: typeof loadConfiguration;
}

/** `npm run preflight`: checks a synthesised environment against its target account. */
export async function preflightCommand(
  args: readonly string[],
  { synthesise, account, configure = loadConfiguration }: PreflightPorts,
): Promise<CommandOutcome> {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { exitCode: 2, stderr: `${parsed}\n\n${usage}` };
  const { values, positionals } = parsed;
  if (values.help === true) return { exitCode: 0, stdout: usage };
  const [env, ...others] = positionals;
  if (env === undefined || others.length > 0) {
    return { exitCode: 2, stderr: `Name one environment.\n\n${usage}` };
  }
  if (env === 'local') {
    return { exitCode: 2, stderr: `"local" runs on this machine and is deployed nowhere.\n\n${usage}` };
  }
  const imageTag = values['image-tag'];
  const deployment = imageTag === undefined ? {} : { imageTag };
  let configuration: Configuration;
  try {
    configuration = configure(env, {}, deployment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isUnknown = error.faults.some(({ entry }) => entry === 'environment');
    return { exitCode: isUnknown ? 2 : 1, stderr: error.message };
  }
  let stacks: Awaited<ReturnType<Synthesise>>;
  try {
    stacks = await synthesise({ env, ...deployment });
  } catch (error) {
    return { exitCode: 1, stderr: error instanceof Error ? error.message : String(error) };
  }
  const plan = { configuration, stacks };
  if (values.teardown === true) return { exitCode: 0, stdout: paragraphsAsText(teardown(plan)) };
  const results = await runChecks(plan, account);
  return {
    exitCode: checksExitCode(results),
    stdout:
      values.json === true
        ? JSON.stringify(results, null, 2)
        : `${paragraphsAsText(forecast(plan))}\n\n${checksAsText(results)}`,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'image-tag': { type: 'string' },
        teardown: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
