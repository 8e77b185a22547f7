import { parseArgs } from 'node:util';
import { type Environment, loadConfiguration } from '../../config/index.ts';
import { environmentNames } from '../../config/schemas/environment.ts';
import { type CheckResult, checksAsText, checksExitCode } from '../check-report.ts';
import type { AwsClients } from './aws-clients.ts';
import { type Check, inconclusive, runChecks } from './check.ts';
import { awsChecks, httpChecks } from './checks.ts';
import { type AwsPorts, readInventory } from './deployment.ts';
import type { HttpPorts } from './http-port.ts';

/** What the command says, and how it ends: 0 nothing failed, 1 a check failed or none could tell, 2 a faulty command line. */
export interface CommandOutcome {
  readonly exitCode: 0 | 1 | 2;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** What the command needs of its dependencies. */
export interface VerifyPorts extends Pick<HttpPorts, 'send' | 'wait' | 'unique'> {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Loaded only where AWS is asked. */
  readonly openAws: () => Promise<AwsClients>;
}

const usage = `Usage: npm run verify:deployed -- ENVIRONMENT [options]

Checks a deployment by requests and by AWS's APIs, and changes nothing.
Takes the ordinary credentials of AWS's tools, and an API key of the partner API
from PARTNER_KEY.

  --url URL          of the edge (default: the output of the edge stack)
  --api-url URL      of the HTTP API itself (default: from the stacks)
  --partner-url URL  of the partner API itself (default: from the stacks)
  --quick            without the check that waits for a copy to grow stale
  --json             as JSON

Exit codes: 0 nothing failed, 1 a check failed or none could tell,
2 faulty command line.`;

const slowChecks: ReadonlySet<string> = new Set(['stale-answer-at-once']);

/** `npm run verify:deployed`. */
export async function verifyDeployedCommand(
  args: readonly string[],
  ports: VerifyPorts,
): Promise<CommandOutcome> {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { exitCode: 2, stderr: `${parsed}\n\n${usage}` };
  const { values, positionals } = parsed;
  if (values.help === true) return { exitCode: 0, stdout: usage };
  const [name, ...others] = positionals;
  if (!environmentNames.some((known) => known === name) || others.length > 0) {
    return { exitCode: 2, stderr: `Name one environment: ${environmentNames.join(', ')}.\n\n${usage}` };
  }
  const { environment } = loadConfiguration(name);
  const given = { url: values.url, apiUrl: values['api-url'], partnerUrl: values['partner-url'] };
  if (environment.name === 'local' && given.url === undefined) {
    return { exitCode: 2, stderr: 'The local run has no stacks: give its address by --url.' };
  }
  const results = await verify(environment, given, values.quick === true, ports);
  const document = { environment: environment.name, checks: results };
  return {
    exitCode: checksExitCode(results),
    stdout: values.json === true ? JSON.stringify(document, null, 2) : checksAsText(results),
  };
}

interface GivenUrls {
  readonly url: string | undefined;
  readonly apiUrl: string | undefined;
  readonly partnerUrl: string | undefined;
}

/** The local run has no AWS behind it, so its checks are those by request. */
async function verify(
  environment: Environment,
  given: GivenUrls,
  isQuick: boolean,
  ports: VerifyPorts,
): Promise<CheckResult[]> {
  const deployment = environment.name === 'local' ? undefined : await openDeployment(environment, ports);
  const found = typeof deployment === 'object' ? deployment.inventory.urls : undefined;
  const url = given.url ?? found?.url;
  const byRequest = httpChecks.filter((check) => !isQuick || !slowChecks.has(check.name));
  const asked = await verifyByRequest(byRequest, url, {
    ...ports,
    apiUrl: given.apiUrl ?? found?.apiUrl,
    partnerUrl: given.partnerUrl ?? found?.partnerUrl,
    partnerKey: ports.environment['PARTNER_KEY'],
    corsOrigin: environment.corsOrigins[0],
    staticPrefix: environment.edge.static?.pathPrefixes[0],
  });
  if (deployment === undefined) return asked;
  const byApi =
    typeof deployment === 'string'
      ? unanswered(awsChecks, deployment)
      : await runChecks(awsChecks, deployment);
  return [...asked, ...byApi];
}

/** Nothing is asked of an address that does not answer once: each check would wait for it. */
async function verifyByRequest(
  checks: readonly Check<HttpPorts>[],
  url: string | undefined,
  ports: Omit<HttpPorts, 'url'>,
): Promise<CheckResult[]> {
  if (url === undefined) return unanswered(checks, 'the address of the edge is not known: give --url');
  try {
    await ports.send(`${url}/health`, {});
  } catch (error) {
    return unanswered(checks, error instanceof Error ? error.message : String(error));
  }
  return await runChecks(checks, { ...ports, url });
}

/** What the account has of an environment, or why it cannot be read. */
async function openDeployment(environment: Environment, ports: VerifyPorts): Promise<AwsPorts | string> {
  try {
    const aws = await ports.openAws();
    return { aws, environment, now: ports.now, inventory: await readInventory(aws, environment) };
  } catch (error) {
    return `the account cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}

function unanswered(checks: readonly Check<never>[], why: string): CheckResult[] {
  return checks.map(({ name }) => ({ name, ...inconclusive(why) }));
}

function parse(args: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        'api-url': { type: 'string' },
        'partner-url': { type: 'string' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const { values } = parsed;
    for (const name of ['url', 'api-url', 'partner-url'] as const) {
      const value = values[name];
      if (value === undefined) continue;
      if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
        return `--${name} is not an address of http or https: ${value}`;
      }
      values[name] = value.replace(/\/+$/, '');
    }
    return parsed;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
