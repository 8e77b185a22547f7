import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tokenCommand } from '../lib/local/run/issuer/token-command.ts';

const outcome = await tokenCommand(process.argv.slice(2), {
  stateFolder: join(dirname(dirname(fileURLToPath(import.meta.url))), '.gatehouse'),
  environment: process.env,
  nowSeconds: Math.floor(Date.now() / 1_000),
});
if (outcome.exitCode === 0) process.stdout.write(`${outcome.stdout}\n`);
else process.stderr.write(`${outcome.stderr}\n`);
process.exitCode = outcome.exitCode;
