import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tokenCommand } from '../lib/local/run/issuer/token-command.ts';
import { webhookCommand } from '../lib/ops/commands/webhook-command.ts';

const stateFolder = join(dirname(dirname(fileURLToPath(import.meta.url))), '.gatehouse');
const { exitCode, stdout, stderr } = await webhookCommand(process.argv.slice(2), {
  stateFolder,
  environment: process.env,
  now: Date.now,
  newId: () => randomUUID().replaceAll('-', ''),
  token: async (claims) => {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const outcome = await tokenCommand(claims, { stateFolder, environment: {}, nowSeconds });
    return outcome.exitCode === 0 ? outcome.stdout : undefined;
  },
});
if (stdout !== undefined) process.stdout.write(`${stdout}\n`);
if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
process.exitCode = exitCode;
