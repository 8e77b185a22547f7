import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { opsCommand } from '../lib/ops/program.ts';
import { withDeadline } from '../runtime/concurrency/deadline.ts';

const ask = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
};

/** This machine's, and the one that AWS sees (https://checkip.amazonaws.com); an operator without a network has none. */
const ownAddresses = async (): Promise<readonly string[]> => {
  const read = async (signal: AbortSignal) =>
    (await fetch('https://checkip.amazonaws.com', { signal })).text();
  const seen = await withDeadline(2_000, read).catch(() => '');
  return ['127.0.0.1', '::1', ...(seen.trim() === '' ? [] : [seen.trim()])];
};

process.exitCode = await opsCommand(process.argv.slice(2), {
  stateFolder: join(dirname(dirname(fileURLToPath(import.meta.url))), '.gatehouse'),
  environment: process.env,
  user: userInfo().username,
  now: Date.now,
  randomBytes,
  ownAddresses,
  print: (text) => process.stdout.write(`${text}\n`),
  printError: (text) => process.stderr.write(`${text}\n`),
  ask: process.stdin.isTTY ? ask : undefined,
});
