import { createInterface } from 'node:readline';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import { ScriptRunner } from '../../../runtime/limit-store/script-runner.ts';
import { openConnection } from '../../../runtime/limit-store/valkey-connection.ts';
import { type BreakerSettings, withBreakers } from '../breakers.ts';
import { HttpUpstream } from '../http-upstream.ts';

/**
 * A separate process of the tests: an instance of the function, as far as its breakers go. Started with the
 * URLs of a limit store and a service, the service's name and the breaker's settings; for each line that it
 * reads it makes a call, and writes the line and the outcome.
 */
const [storeUrl = '', serviceUrl = '', service = '', settings = ''] = process.argv.slice(2);
const scripts = new ScriptRunner({
  open: (onEnd) => openConnection({ url: storeUrl, topology: 'single' }, onEnd),
  breaker: new CircuitBreaker({ failuresToOpen: 1, cooldownMilliseconds: 60_000 }),
  now: () => performance.now(),
  budgetMilliseconds: 20_000,
  onFailure: (reason) => process.stderr.write(`${reason}\n`),
});
const upstream = withBreakers(
  new HttpUpstream({ baseUrl: () => serviceUrl, maxConnections: 50, now: () => performance.now() }),
  { scripts, settings: JSON.parse(settings) as BreakerSettings, now: () => performance.now() },
);
await scripts.warm(20_000);
process.stdout.write('ready\n');
createInterface({ input: process.stdin })
  .on('line', (line) => void callOnce(line))
  .on('close', () => process.exit(0));

async function callOnce(line: string): Promise<void> {
  const answer = await upstream.call({
    service,
    // A different caller each time, because only a few failures of one caller count.
    caller: line,
    method: 'GET',
    path: '/',
    headers: {},
    timeoutMilliseconds: 20_000,
    fullTimeoutMilliseconds: 20_000,
    maxBytes: 1_000,
    signal: new AbortController().signal,
  });
  process.stdout.write(`${line} ${answer.kind === 'answer' ? answer.status : answer.reason}\n`);
}
