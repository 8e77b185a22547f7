import { randomBytes } from 'node:crypto';
import { opsCommand } from '../../lib/ops/program.ts';

/** Exit code and output of a command. */
export interface OpsResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Parsed output of `--output json`. */
  readonly json: unknown;
}

export interface OpsRunnerOptions {
  readonly stateFolder: string;
  /** Milliseconds since the epoch. @default the real time */
  readonly now?: () => number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly ask?: (question: string) => Promise<string>;
}

/** Returns a function that runs a command like `npm run ops --`. */
export function opsRunner({ stateFolder, now = Date.now, environment = {}, ask }: OpsRunnerOptions) {
  return async (...args: string[]): Promise<OpsResult> => {
    const stdout: string[] = [];
    const stderr: string[] = [];
    const exitCode = await opsCommand(args, {
      stateFolder,
      environment,
      user: 'olivia',
      now,
      randomBytes,
      ownAddresses: () => Promise.resolve(['127.0.0.1', '203.0.113.9']),
      print: (text) => stdout.push(text),
      printError: (text) => stderr.push(text),
      ask,
    });
    const said = stdout.join('\n');
    return {
      exitCode,
      stdout: said,
      stderr: stderr.join('\n'),
      json: args.includes('json') && said !== '' ? JSON.parse(said) : undefined,
    };
  };
}
