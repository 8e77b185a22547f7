/**
 * Ends the processes of a local run whose own process is gone, however it went. It reads `+PID` and `-PID` lines from
 * its standard input, which closes when the run's process ends, and then ends whoever is left.
 */
import { createInterface } from 'node:readline';

const graceMilliseconds = 1_000;
const alive = new Set();

const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch {
    alive.delete(pid); // It has ended by itself.
  }
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const pid = Number(line.slice(1));
    if (line.startsWith('+')) alive.add(pid);
    else alive.delete(pid);
  })
  .on('close', () => {
    for (const pid of alive) signal(pid, 'SIGTERM');
    const killLeft = () => {
      for (const pid of alive) signal(pid, 'SIGKILL');
    };
    if (alive.size > 0) setTimeout(killLeft, graceMilliseconds);
  });
