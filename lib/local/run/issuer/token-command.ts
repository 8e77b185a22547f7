import { parseArgs } from 'node:util';
import { parseDuration, parseInstant } from '../../../common/time-expressions.ts';
import { findRun, RunNotFoundError, type RunRecord } from '../run-records.ts';
import { signingAlgorithms } from './signing-keys.ts';
import { signToken } from './token.ts';

/** What the command says and how it ends: a token on stdout, or faults with their remedies on stderr. */
export type CommandOutcome =
  | { readonly exitCode: 0; readonly stdout: string }
  | { readonly exitCode: 1 | 2; readonly stderr: string };

const usage = `Usage: npm run token -- --sub NAME [options]

  --sub NAME           whom the token is for
  --permissions LIST   such as "orders:*" or "orders:read,users:read"; may be given again
  --plan NAME          usage plan of the caller
  --expires TIME       such as 30s, 15m, 1h or 7d (default 1h), or an instant
  --email ADDRESS      --role NAME      --client ID
  --alg NAME           ${signingAlgorithms.join(', ')} (default RS256)
  --port PORT          port of the local run (default PORT, else the only run)`;

const options = {
  sub: { type: 'string' },
  permissions: { type: 'string', multiple: true },
  plan: { type: 'string' },
  expires: { type: 'string', default: '1h' },
  email: { type: 'string' },
  role: { type: 'string' },
  client: { type: 'string' },
  alg: { type: 'string', default: 'RS256' },
  port: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export interface TokenCommandPorts {
  /** Of every run on this machine. */
  readonly stateFolder: string;
  /** `PORT` is read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nowSeconds: number;
}

/** `npm run token`: a token of the local issuer, for whoever the arguments name. */
export async function tokenCommand(
  args: readonly string[],
  { stateFolder, environment, nowSeconds }: TokenCommandPorts,
): Promise<CommandOutcome> {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { exitCode: 2, stderr: `${parsed}\n\n${usage}` };
  if (parsed.help === true) return { exitCode: 0, stdout: usage };
  const lifetimeSeconds = lifetime(parsed.expires, nowSeconds);
  const algorithm = signingAlgorithms.find((known) => known === parsed.alg);
  const faults = [
    ...(parsed.sub === undefined ? ['--sub is missing. Name whom the token is for: --sub alice'] : []),
    ...(lifetimeSeconds === undefined
      ? [
          `--expires "${parsed.expires}" is no time to come. Give a time or an instant: --expires 1h, --expires 2026-12-01T12:00:00Z`,
        ]
      : []),
    ...(algorithm === undefined
      ? [`--alg "${parsed.alg}" is not known. Use one of: ${signingAlgorithms.join(', ')}.`]
      : []),
  ];
  if (parsed.sub === undefined || lifetimeSeconds === undefined || algorithm === undefined) {
    return { exitCode: 2, stderr: faults.join('\n') };
  }
  let run: RunRecord;
  try {
    run = await findRun({ stateFolder, port: parsed.port, environment });
  } catch (error) {
    if (!(error instanceof RunNotFoundError)) throw error;
    return { exitCode: error.exitCode, stderr: error.message };
  }
  const token = await signToken({
    stateFolder: run.folder,
    issuer: run.issuer,
    audience: run.audience,
    claims: {
      sub: parsed.sub,
      permissions: (parsed.permissions ?? []).flatMap((list) => list.split(/[\s,]+/)).filter(Boolean),
      ...(parsed.plan === undefined ? {} : { plan: parsed.plan }),
      ...(parsed.email === undefined ? {} : { email: parsed.email }),
      ...(parsed.role === undefined ? {} : { role: parsed.role }),
      ...(parsed.client === undefined ? {} : { clientId: parsed.client }),
    },
    lifetimeSeconds,
    algorithm,
    nowSeconds,
  });
  return { exitCode: 0, stdout: token };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    return error instanceof Error ? error.message : 'The arguments cannot be read.';
  }
}

/** Seconds of a time such as `90s` or `1h`, or until an instant. */
function lifetime(text: string, nowSeconds: number): number | undefined {
  const at = parseInstant(text);
  const seconds = at === undefined ? parseDuration(text) : Math.floor(at / 1_000) - nowSeconds;
  return seconds !== undefined && seconds > 0 ? seconds : undefined;
}
