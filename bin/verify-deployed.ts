import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { sendByFetch } from '../lib/ops/verify-deployed/http-port.ts';
import { verifyDeployedCommand } from '../lib/ops/verify-deployed/verify-deployed-command.ts';

const { exitCode, stdout, stderr } = await verifyDeployedCommand(process.argv.slice(2), {
  environment: process.env,
  now: Date.now,
  send: sendByFetch,
  wait: async (seconds) => {
    await wait(seconds * 1_000);
  },
  unique: () => `verify=${randomBytes(6).toString('hex')}`,
  openAws: async () => (await import('../lib/ops/verify-deployed/aws-clients.ts')).openAwsClients(),
});
if (stdout !== undefined) process.stdout.write(`${stdout}\n`);
if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
process.exitCode = exitCode;
