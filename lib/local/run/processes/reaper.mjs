/**
 * Ends the processes of a local run whose own process is gone, however it went. It reads `+PID` and `-PID` lines from
 * its standard input, which closes when the run's process ends, and then ends whoever is left. `+PID SIGNAL` names the
 * signal that asks that process to end.
 */
import { createInterface } from 'node:readline';

const graceMilliseconds = 1_000;
/** Process id to signal. */
const alive = new Map();

const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch {
    alive.delete(pid); // It has ended by itself.
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
