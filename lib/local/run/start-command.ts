import { parseArgs } from 'node:util';
import { type LocalRunOptions, startLocalRun } from './local-run.ts';
import { type CallScreen, createCallScreen } from './screen/call-screen.ts';
import { startupSummary } from './startup-summary.ts';

export interface StartCommand {
  /** The arguments of the command line. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stateFolder: string;
  /** Prints a line on the terminal. */
  readonly print: (line: string) => void;
  /** Width of the terminal; undefined when the output is not a terminal. */
  readonly columns?: number | undefined;
  readonly printError: (line: string) => void;
  /** Stops the run. */
  readonly signal: AbortSignal;
  readonly onStage?: (name: string) => void;
}

const defaultPort = 8080;
const demoPermissions = ['orders:*', 'users:*', 'inventory:*', 'payments:*', 'products:*'];
/** A signal stops a run in less than five seconds; then the reaper kills the remaining processes. */
const maxClosingMilliseconds = 4_000;

const usage = `Usage: npm start -- [options]

  --port PORT   port of the gateway (default PORT, else ${defaultPort}; 0: a free port)
  --verbose     print the complete logs of APIs and edge as JSON lines
  --reset       first remove the state of earlier runs on this port
  --help        print this help

Environment: PORT, REDIS_URL, KAFKA_BROKERS, DATABASE_URL, NO_COLOR.`;

const known = {
  port: { type: 'string' },
  verbose: { type: 'boolean' },
  reset: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `npm start`: runs until the signal aborts. Returns the exit code: 0 stopped, 1 failed, 2 invalid command line. */
export async function startCommand(command: StartCommand): Promise<0 | 1 | 2> {
  const { printError, print, signal } = command;
  const startedAt = performance.now();
  const options = readOptions(command);
  if (options.kind === 'help') {
    print(usage);
    return 0;
  }
  if (options.kind === 'fault') {
    printError(options.text);
    return 2;
  }
  print('Starting the local run …');
  try {
    const run = await startLocalRun(options.run);
    const token = await run.token(
      { sub: 'alice', permissions: demoPermissions, plan: 'pro' },
      { algorithm: 'ES256', lifetimeSeconds: 86_400 },
    );
    signal.throwIfAborted();
    print(startupSummary(run, token, performance.now() - startedAt));
    await new Promise((ended) => signal.addEventListener('abort', ended, { once: true }));
    print('\nStopping …');
    await soon(run.close());
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    printError(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/** Resolves with the work, or after a timeout. */
async function soon(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, maxClosingMilliseconds);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

type Options =
  | { readonly kind: 'run'; readonly run: LocalRunOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'fault'; readonly text: string };

function readOptions(command: StartCommand): Options {
  const { args, environment, stateFolder, print, printError, signal, onStage } = command;
  const parsed = parse(args);
  if (typeof parsed === 'string') return { kind: 'fault', text: `${parsed}\n\n${usage}` };
  if (parsed.help === true) return { kind: 'help' };
  const given = parsed.port ?? environment['PORT'] ?? '';
  const port = given === '' && parsed.port === undefined ? defaultPort : Number(given);
  if (!/^(\d{1,5})?$/.test(given) || (parsed.port === '' && given === '') || port > 65_534) {
    const name = parsed.port === undefined ? 'PORT=' : '--port ';
    return {
      kind: 'fault',
      text: `${name}"${given}" is not a valid port. Specify a number from 0 (a free port) to 65534: npm start -- --port 8080`,
    };
  }
  if (parsed.reset === true && port === 0) {
    return {
      kind: 'fault',
      text: '--reset needs the port of the state to remove: npm start -- --reset --port 8080',
    };
  }
  const style = {
    columns: command.columns ?? 80,
    colour: command.columns !== undefined && (environment['NO_COLOR'] ?? '') === '',
  };
  const screen = parsed.verbose === true ? jsonScreen(print) : createCallScreen(print, style);
  return {
    kind: 'run',
    run: {
      port,
      stateFolder,
      environment,
      reset: parsed.reset === true,
      ...screen,
      notice: printError,
      signal,
      ...(onStage === undefined ? {} : { onStage }),
    },
  };
}

/** The complete access log, and what the edge did, as JSON lines. */
function jsonScreen(print: (line: string) => void): CallScreen {
  return {
    accessLog: print,
    hop: (hop) => {
      if (hop.name === 'edge') print(JSON.stringify(hop));
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: known, strict: true }).values;
  } catch (error) {
    return error instanceof Error ? error.message : 'The arguments cannot be read.';
  }
}
