import { Command, CommanderError } from 'commander';
import { addAddresses } from './commands/addresses.ts';
import { addClients } from './commands/clients.ts';
import { addCohorts } from './commands/cohorts.ts';
import { addEdge } from './commands/edge.ts';
import { addExplain } from './commands/explain.ts';
import { addKeys } from './commands/keys.ts';
import { addLogs } from './commands/logs.ts';
import { addMaintenance } from './commands/maintenance.ts';
import { addOpen } from './commands/open.ts';
import { type ExitCode, exitCodes, OpsFault } from './commands/ops-error.ts';
import { addPlans } from './commands/plans.ts';
import { addPolicy } from './commands/policy.ts';
import { addQuota } from './commands/quota.ts';
import { addRoutes } from './commands/routes.ts';
import { type OpsPorts, printFault } from './commands/session.ts';
import { addTokens } from './commands/tokens.ts';
import { addUsage } from './commands/usage.ts';
import { addWebhooks } from './commands/webhooks.ts';

const about = `What operators change while the gateway runs, and what they need to see for it.

Exit codes: 0 done, 1 refused or failed, 2 faulty command line, 3 somebody else has changed the same thing meanwhile.`;

/** What adds each noun's commands. */
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
  addWebhooks,
  addExplain,
  addLogs,
  addOpen,
];

/** `npm run ops --`: gives one command, and returns its exit code. Faults of the program itself are thrown. */
export async function opsCommand(args: readonly string[], ports: OpsPorts): Promise<ExitCode> {
  const isJson = /^json$/.test(args[args.indexOf('--output') + 1] ?? '') || args.includes('--output=json');
  const program = new Command('ops')
    .usage('<noun> <verb> [options]')
    .description(about)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => ports.print(text.trimEnd()),
      // Faults are told once, below.
      writeErr: () => undefined,
    })
    .showSuggestionAfterError();
  for (const add of addNouns) add(program, ports);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof OpsFault) return printFault(ports, error, isJson);
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.done;
    return printFault(ports, commandLineFault(error, args), isJson);
  }
}

function commandLineFault(error: CommanderError, args: readonly string[]): OpsFault {
  const isUnknown = error.code === 'commander.unknownCommand';
  const nouns = args.filter((word) => !word.startsWith('-')).slice(0, isUnknown ? 1 : 2);
  const remedy = `See npm run ops -- ${nouns.join(' ')} --help.`.replace('  ', ' ');
  // Without a verb commander shows help and no message.
  const message = error.code === 'commander.help' ? 'The command is not complete.' : error.message;
  return new OpsFault(message.replace(/^error: /, ''), remedy, exitCodes.usage);
}
