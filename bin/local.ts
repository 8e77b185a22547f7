import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCommand } from '../lib/local/run/start-command.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second signal exits at once; the reaper process ends what is left.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

const exitCode = await startCommand({
  args: process.argv.slice(2),
  environment: process.env,
  stateFolder: join(dirname(dirname(fileURLToPath(import.meta.url))), '.gatehouse'),
  print: (line) => process.stdout.write(`${line}\n`),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  printError: (line) => process.stderr.write(`${line}\n`),
  signal: stop.signal,
});
// All parts are closed or have timed out; exit even if something still keeps the process alive.
process.exit(exitCode);
