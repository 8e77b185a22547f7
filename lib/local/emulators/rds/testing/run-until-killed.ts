import { createProcessGroup } from '../../../run/processes/process-group.ts';
import { openDatabase } from '../local-database.ts';

/** Serves a database from the folder that is its argument, and prints the URL; a process to be killed by a test. */
const database = await openDatabase({
  processes: createProcessGroup(),
  environment: {},
  folder: process.argv[2] ?? '',
  notice: console.error,
});
await database.ready;
console.log(database.url);
// The processes of a group keep nobody alive.
setInterval(() => {}, 60_000);
