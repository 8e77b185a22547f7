import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { webhookCommand } from '../lib/ops/webhook-command.ts';

const { exitCode, stdout, stderr } = await webhookCommand(process.argv.slice(2), {
  stateFolder: join(dirname(dirname(fileURLToPath(import.meta.url))), '.gatehouse'),
  environment: process.env,
  now: Date.now,
  newId: () => randomUUID().replaceAll('-', ''),
});
if (stdout !== undefined) process.stdout.write(`${stdout}\n`);
if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
process.exitCode = exitCode;
