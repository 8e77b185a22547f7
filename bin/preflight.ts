import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awsAccount } from '../lib/ops/preflight/aws/aws-account.ts';
import { preflightCommand } from '../lib/ops/preflight/preflight-command.ts';
import { synthesiseIn } from '../lib/ops/quotas/quotas-command.ts';

const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const { exitCode, stdout, stderr } = await preflightCommand(process.argv.slice(2), {
  synthesise: synthesiseIn(projectFolder, process.env),
  account: awsAccount(),
});
if (stdout !== undefined) process.stdout.write(`${stdout}\n`);
if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
process.exitCode = exitCode;
