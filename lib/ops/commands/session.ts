import { type Command, Option } from 'commander';
import type { GatewayAccess } from '../access/gateway-access.ts';
import { confirm as askToConfirm } from '../confirm.ts';
import { type ExitCode, exitCodes, OpsError } from './ops-error.ts';
import type { Report } from './report.ts';

/** Dependencies of the commands. */
export interface OpsPorts {
  /** Folder with the records of local runs. */
  readonly stateFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Login name of the operator. */
  readonly user: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Addresses with which the operator's calls arrive; empty when they cannot be found out. */
  readonly ownAddresses: () => Promise<readonly string[]>;
  /** Asks at the terminal; undefined without a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** Options of every command. */
interface CommonOptions {
  readonly env?: string;
  readonly local?: true;
  readonly port?: string;
  readonly region?: string;
  readonly output: 'json' | 'text';
}

/** Additional options of every command that changes something. */
export interface ChangeOptions extends CommonOptions {
  readonly reason: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** Everything that a command works with. */
export interface Session<Options = CommonOptions> {
  readonly gateway: GatewayAccess;
  readonly ports: OpsPorts;
  readonly options: Options;
  /** The command line, for the audit log. */
  readonly command: string;
}

type CommandAction<Options> = (session: Session<Options>, ...args: string[]) => Promise<Report>;

/** Registers a read-only command. */
export function readCommand<Options extends object>(
  command: Command,
  ports: OpsPorts,
  work: CommandAction<Options & CommonOptions>,
): void {
  const { parent } = command;
  command
    .addOption(new Option('--env <name>', 'environment in AWS').conflicts('local'))
    .addOption(new Option('--local', 'the local run on this machine'))
    .addOption(
      new Option('--port <port>', 'port of the local run (default PORT, else the only run)').conflicts('env'),
    )
    .addOption(
      new Option('--region <name>', 'region of the environment (default its first one)').conflicts('local'),
    )
    .action(async (...all: unknown[]) => {
      const options = command.optsWithGlobals<Options & CommonOptions>();
      // Imported here, so that --help loads neither the catalogue nor the AWS SDK.
      const { openGateway } = await import('../access/open-gateway.ts');
      const gateway = await openGateway(options, ports);
      const words = [parent?.name(), command.name(), ...command.args].join(' ');
      // Commander passes a variadic argument as a list.
      const args = all.slice(0, command.registeredArguments.length).flat() as string[];
      const report = await work({ gateway, ports, options, command: words }, ...args);
      ports.print(options.output === 'json' ? JSON.stringify(report.json, null, 2) : report.text);
    });
}

/** Registers a command that changes something. */
export function changeCommand<Options extends object>(
  command: Command,
  ports: OpsPorts,
  work: CommandAction<Options & ChangeOptions>,
): void {
  command
    .requiredOption('--reason <text>', 'reason for the change, for the audit log', reason)
    // A dry run records nothing, so it needs no reason.
    .addOption(
      new Option('--dry-run', 'show the changes without making them; needs no reason').implies({
        reason: 'dry run',
      }),
    )
    .option('--yes', 'skip the confirmation');
  readCommand<Options & ChangeOptions>(command, ports, work);
}

/** Asks for confirmation of a change in production, unless --yes is given. */
export async function confirm(
  { gateway, ports, options }: Session<ChangeOptions>,
  what: string,
): Promise<void> {
  if (!gateway.isProduction) return;
  await askToConfirm(ports, `${what}\nThis changes ${gateway.environment}.`, {
    yes: options.yes === true,
    word: gateway.environment,
  });
}

/** Prints an error as text or JSON, and returns its exit code. */
export function printOpsError(ports: OpsPorts, fault: OpsError, isJson: boolean): ExitCode {
  const { message, remedy, exitCode } = fault;
  ports.printError(
    isJson ? JSON.stringify({ error: message, remedy, exitCode }, null, 2) : `${message}\n${remedy}`,
  );
  return exitCode;
}

/** Checks a reason against the limits of the runtime policy schema and the audit log. */
function reason(text: string): string {
  if (/^[^\r\n]{1,256}$/.test(text)) return text;
  throw new OpsError(
    '--reason is empty or too long.',
    'Give the reason in one line of at most 256 characters.',
    exitCodes.usage,
  );
}
