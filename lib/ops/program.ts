import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { addAddresses } from './commands/addresses.ts';
import { addClients } from './commands/clients.ts';
import { addCohorts } from './commands/cohorts.ts';
import { addDeadLetters } from './commands/dead-letters.ts';
import { addEdge } from './commands/edge.ts';
import { addExplain } from './commands/explain.ts';
import { addKeys } from './commands/keys.ts';
import { addLogs } from './commands/logs.ts';
import { addMaintenance } from './commands/maintenance.ts';
import { addOpen } from './commands/open.ts';
import { type ExitCode, exitCodes, OpsError } from './commands/ops-error.ts';
import { addPlans } from './commands/plans.ts';
import { addPolicy } from './commands/policy.ts';
import { addQuota } from './commands/quota.ts';
import { addRoutes } from './commands/routes.ts';
import { type OpsPorts, printOpsError } from './commands/session.ts';
import { addTokens } from './commands/tokens.ts';
import { addUsage } from './commands/usage.ts';

const outputFormats = ['text', 'json'];

const about = `Shows and changes a running gateway: plans, clients, keys, limits, routes and the edge.

Exit codes: 0 done, 1 refused or failed, 2 invalid command line, 3 conflict with a concurrent change.`;

/** Adds the commands of each noun. */
export const addNouns: readonly ((program: Command, ports: OpsPorts) => void)[] = [
  addPlans,
  addClients,
  addKeys,
  addTokens,
  addQuota,
  addUsage,
  addPolicy,
  addCohorts,
  addRoutes,
  addAddresses,
  addMaintenance,
  addEdge,
  addDeadLetters,
  addExplain,
  addLogs,
  addOpen,
];

/** Runs one command of `npm run ops --` and returns its exit code. Never throws. */
export async function opsCommand(args: readonly string[], ports: OpsPorts): Promise<ExitCode> {
  const program = new Command('ops')
    .usage('<noun> <verb> [options]')
    .description(about)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => ports.print(text.trimEnd()),
      // Errors are printed once, below.
      writeErr: () => undefined,
    })
    .version(version(), '--version', 'show the version of the gateway')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .addOption(
      new Option('--output <format>', 'format of results and errors').choices(outputFormats).default('text'),
    );
  for (const add of addNouns) add(program, ports);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    const isJson = program.opts<{ output: string }>().output === 'json';
    if (error instanceof OpsError) return printOpsError(ports, error, isJson);
    if (!(error instanceof CommanderError)) return printOpsError(ports, unexpected(error, ports), isJson);
    if (error.exitCode === 0) return exitCodes.done;
    return printOpsError(ports, commandLineFault(program, error, args), isJson);
  }
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

/** An error that no command expects: a bug, or a machine without memory or disk. */
function unexpected(error: unknown, { environment, printError }: OpsPorts): OpsError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (environment['GATEHOUSE_DEBUG'] === '1') printError(stack ?? '');
  return new OpsError(
    `The command failed unexpectedly (${name}: ${message}).`,
    'Run it again with GATEHOUSE_DEBUG=1 to see where, and report both.',
  );
}

/** The words that begin a command line and name a command. */
function commandIn(program: Command, args: readonly string[]): string[] {
  const [first = '', ...rest] = args.filter((word) => !word.startsWith('-'));
  const found = program.commands.find((command) => command.name() === first);
  return found === undefined ? [] : [first, ...commandIn(found, rest)];
}

function commandLineFault(program: Command, error: CommanderError, args: readonly string[]): OpsError {
  const remedy = `See npm run ops -- ${[...commandIn(program, args), '--help'].join(' ')}.`;
  // Without a verb, commander shows help and has no message.
  const message = error.code === 'commander.help' ? 'The command is incomplete.' : error.message;
  return new OpsError(message.replace(/^error: /, ''), remedy, exitCodes.usage);
}
