import { type Command, Option } from 'commander';
import type { GatewayAccess } from '../access/gateway-access.ts';
import { type ExitCode, exitCodes, OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';

/** What the commands need of their surroundings. */
export interface OpsPorts {
  /** The local run's. */
  readonly stateFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Login name of whoever gives the command. */
  readonly user: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Asks at the terminal; undefined where there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** Options that every command has. */
interface CommonOptions {
  readonly env?: string;
  readonly local?: true;
  readonly port?: string;
  readonly region?: string;
  readonly output: 'json' | 'text';
}

/** Options that every changing command has besides. */
export interface ChangeOptions extends CommonOptions {
  readonly reason: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** What a command works with. */
export interface Session<Options = CommonOptions> {
  readonly gateway: GatewayAccess;
  readonly ports: OpsPorts;
  readonly options: Options;
  /** The command's words, for the audit. */
  readonly command: string;
}

type CommandAction<Options> = (session: Session<Options>, ...args: string[]) => Promise<Report>;

/** Completes a command that only looks. */
export function readCommand<Options extends object>(
  command: Command,
  ports: OpsPorts,
  work: CommandAction<Options & CommonOptions>,
): void {
  const { parent } = command;
  command
    .addOption(new Option('--env <name>', 'the gateway of this environment in AWS').conflicts('local'))
    .addOption(new Option('--local', "this machine's run of npm start"))
    .addOption(
      new Option('--port <port>', 'of the local run (default PORT, else the only run)').conflicts('env'),
    )
    .addOption(new Option('--region <name>', 'another than its first region').conflicts('local'))
    .action(async (...all: unknown[]) => {
      const options = command.optsWithGlobals<Options & CommonOptions>();
      // Loaded now and not at the top: help needs neither the catalogue nor AWS.
      const { openGateway } = await import('../access/open-gateway.ts');
      const gateway = await openGateway(options, ports);
      const words = [parent?.name(), command.name(), ...command.args].join(' ');
      // An argument that may repeat comes as a list.
      const args = all.slice(0, command.registeredArguments.length).flat() as string[];
      const report = await work({ gateway, ports, options, command: words }, ...args);
      ports.print(options.output === 'json' ? JSON.stringify(report.json, null, 2) : report.text);
    });
}

/** Completes a command that changes something. */
export function changeCommand<Options extends object>(
  command: Command,
  ports: OpsPorts,
  work: CommandAction<Options & ChangeOptions>,
): void {
  command
    .requiredOption('--reason <text>', 'why, for the audit', reason)
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--yes', 'do not ask before a change in production');
  readCommand<Options & ChangeOptions>(command, ports, work);
}

/** Asks before a change in production, unless the command line has said yes. */
export async function confirm(
  { gateway, ports, options }: Session<ChangeOptions>,
  what: string,
): Promise<void> {
  if (!gateway.isProduction || options.yes === true) return;
  if (ports.ask === undefined) {
    throw usageError(`${what} in ${gateway.environment} needs a confirmation.`, 'Add --yes.');
  }
  const answer = await ports.ask(`${what}\nType ${gateway.environment} to go on: `);
  if (answer.trim() !== gateway.environment) {
    throw new OpsError(
      'Not confirmed, so nothing was changed.',
      `Type ${gateway.environment}, or add --yes.`,
    );
  }
}

/** Tells what went wrong, in the form that was asked for. */
export function printOpsError(ports: OpsPorts, fault: OpsError, isJson: boolean): ExitCode {
  const { message, remedy, exitCode } = fault;
  ports.printError(
    isJson ? JSON.stringify({ error: message, remedy, exitCode }, null, 2) : `${message}\n${remedy}`,
  );
  return exitCode;
}

/** As the runtime policy's schema and the audit have it. */
function reason(text: string): string {
  if (/^[^\r\n]{1,256}$/.test(text)) return text;
  throw new OpsError(
    '--reason is empty or too long.',
    'Say why in one line, at most 256 characters.',
    exitCodes.usage,
  );
}
