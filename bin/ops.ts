import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { opsCommand } from '../lib/ops/program.ts';

const ask = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
};

process.exitCode = await opsCommand(process.argv.slice(2), {
  stateFolder: join(dirname(dirname(fileURLToPath(import.meta.url))), '.gatehouse'),
  environment: process.env,
  user: userInfo().username,
  now: Date.now,
  randomBytes,
  print: (text) => process.stdout.write(`${text}\n`),
  printError: (text) => process.stderr.write(`${text}\n`),
  ask: process.stdin.isTTY ? ask : undefined,
});
