/**
 * Stops the processes of a local run after the process of the run itself has ended. It reads `+PID` and `-PID` lines
 * from its standard input, which closes when the run ends, and then stops the remaining processes. `+PID SIGNAL` names
 * the stop signal of a process.
 */
import { createInterface } from 'node:readline';

const graceMilliseconds = 1_000;
/** Process id to signal. */
const alive = new Map();

const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch {
    alive.delete(pid); // It has already ended.
  }
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [id, name = 'SIGTERM'] = line.slice(1).split(' ');
    const pid = Number(id);
    if (line.startsWith('+')) alive.set(pid, name);
    else alive.delete(pid);
  })
  .on('close', () => {
    for (const [pid, name] of alive) signal(pid, name);
    const killLeft = () => {
      for (const pid of alive.keys()) signal(pid, 'SIGKILL');
    };
    if (alive.size > 0) setTimeout(killLeft, graceMilliseconds);
  });
