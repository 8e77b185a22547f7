import { createProcessGroup } from '../../../run/processes/process-group.ts';
import { openDatabase } from '../local-database.ts';

/** Serves a database from the folder in its argument and prints the URL, until a test kills the process. */
const database = await openDatabase({
  processes: createProcessGroup(),
  environment: {},
  folder: process.argv[2] ?? '',
  notice: console.error,
});
await database.ready;
console.log(database.url);
// The processes of a group do not keep this process alive.
setInterval(() => {}, 60_000);
