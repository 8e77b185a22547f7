import { CircuitBreaker } from '../circuit-breaker.ts';
import type { LimitStoreRequest } from '../limit-store.ts';
import { openConnection } from '../valkey-connection.ts';
import { ValkeyLimitStore } from '../valkey-limit-store.ts';

/**
 * A separate process of the tests, started with a limit store's URL, a call and a number: it connects,
 * reports that, and on request makes the call that often at the same time. Its last line is how many were
 * admitted, and how many failed.
 */
const [url = '', call = '', times = ''] = process.argv.slice(2);
const asked = JSON.parse(call) as LimitStoreRequest;
const store = new ValkeyLimitStore({
  open: (onEnd) => openConnection({ url, topology: 'single' }, onEnd),
  breaker: new CircuitBreaker({ failuresToOpen: 1, cooldownMilliseconds: 60_000 }),
  now: () => performance.now(),
  budgetMilliseconds: 20_000,
  onFailure: () => undefined,
});
await store.warm(20_000);
process.stdout.write('ready\n');
process.stdin.once('data', () => void takeAll());

async function takeAll(): Promise<void> {
  const answers = await Promise.all(Array.from({ length: Number(times) }, () => store.take(asked)));
  const admitted = answers.filter((answer) => answer.kind === 'answered' && answer.admitted).length;
  const failed = answers.filter((answer) => answer.kind === 'failed').length;
  process.stdout.write(`${JSON.stringify({ admitted, failed })}\n`, () => process.exit(0));
}
