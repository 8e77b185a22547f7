import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logsCommand } from '../lib/local/run/call-log/logs-command.ts';

const outcome = await logsCommand(process.argv.slice(2), {
  stateFolder: join(dirname(dirname(fileURLToPath(import.meta.url))), '.gatehouse'),
  environment: process.env,
});
if (outcome.exitCode === 0) process.stdout.write(`${outcome.stdout}\n`);
else process.stderr.write(`${outcome.stderr}\n`);
process.exitCode = outcome.exitCode;
