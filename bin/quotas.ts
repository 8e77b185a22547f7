import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quotasCommand, synthesiseIn } from '../lib/ops/quotas/quotas-command.ts';

const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const { exitCode, stdout, stderr } = await quotasCommand(
  process.argv.slice(2),
  synthesiseIn(projectFolder, process.env),
);
if (stdout !== undefined) process.stdout.write(`${stdout}\n`);
if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
process.exitCode = exitCode;
