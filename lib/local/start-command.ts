import { type LocalRunOptions, startLocalRun } from './local-run.ts';
import { screen } from './screen.ts';

export interface StartCommand {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nodeVersion: string;
  readonly stateFolder: string;
  /** One line for whoever looks at the terminal. */
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

const defaultPort = 8080;
const demoPermissions = ['orders:*', 'users:*', 'inventory:*', 'payments:*', 'products:*'];

/** `npm start`: serves until it is told to end. Returns the exit code. */
export async function startCommand(command: StartCommand): Promise<0 | 1> {
  const { printError, print, signal } = command;
  const startedAt = performance.now();
  const options = readOptions(command);
  if (typeof options === 'string') {
    printError(options);
    return 1;
  }
  print('Starting the local run …');
  try {
    const run = await startLocalRun(options);
    const token = await run.token(
      { sub: 'alice', permissions: demoPermissions, plan: 'pro' },
      { algorithm: 'ES256', lifetimeSeconds: 86_400 },
    );
    print(screen(run, token, performance.now() - startedAt));
    await new Promise((ended) => signal.addEventListener('abort', ended, { once: true }));
    print('\nEnding …');
    await run.close();
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    printError(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

function readOptions(command: StartCommand): LocalRunOptions | string {
  const { environment, stateFolder, print, printError, signal } = command;
  const [major = 0, minor = 0] = command.nodeVersion.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    return `This is Node.js ${command.nodeVersion}; the gateway needs 20.19 or newer. Install one from https://nodejs.org.`;
  }
  const given = environment['PORT'] ?? '';
  const port = given === '' ? defaultPort : Number(given);
  if (!Number.isInteger(port) || port < 0 || port > 65_534) {
    return `PORT="${given}" is no port. Give a number from 0 (any free port) to 65534: PORT=8080 npm start`;
  }
  return { port, stateFolder, environment, accessLog: print, notice: printError, signal };
}
