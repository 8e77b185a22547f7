import { spawn } from 'node:child_process';

/** A command that runs until it is stopped. */
export interface StartedCommand {
  /** The first group of the awaited text. */
  readonly found: string;
  /** Sends SIGTERM and resolves when the command has ended. */
  stop(): Promise<void>;
}

/**
 * Starts a command and waits for a text of its output.
 *
 * @throws {Error} with the output when the command ends before.
 */
export function startCommand(
  command: string,
  args: readonly string[],
  folder: string,
  awaited: RegExp,
): Promise<StartedCommand> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const [, found] = awaited.exec(output) ?? [];
      if (found !== undefined) resolve({ found, stop });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    void ended.then(() => reject(new Error(`${command} ${args.join(' ')} ended.\n${output}`)));
  });
}
