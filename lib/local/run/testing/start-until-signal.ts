/**
 * `npm start` with another state folder, for tests: `start-until-signal.ts STATE_FOLDER [options]`. It prints
 * `stage: NAME` before each step and does not force its exit, so that open resources keep it alive.
 */
import { startCommand } from '../start-command.ts';

const [stateFolder = '', ...args] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
process.exitCode = await startCommand({
  args,
  environment: process.env,
  stateFolder,
  print: (line) => console.log(line),
  printError: (line) => console.error(line),
  signal: stop.signal,
  onStage: (name) => console.log(`stage: ${name}`),
});
