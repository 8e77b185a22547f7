import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CloudEvent } from './cloud-event.ts';
import type { EventLog } from './event-log.ts';
import { openEventLog } from './open-event-log.ts';
import { numberedEvents, realDependencies, startReceiving } from './testing/event-logs.ts';

const hasKafka = process.env['KAFKA_BROKERS'] !== undefined;
const reason = hasKafka ? '' : ' (skipped: KAFKA_BROKERS is not set, see test/support/kafka.mjs)';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A dedicated broker, which this file may stop. */
let broker: ChildProcessWithoutNullStreams;
let brokers: string;
const answers: string[] = [];

async function answer(matching: (line: string) => boolean): Promise<string> {
  for (;;) {
    const line = answers.find(matching);
    if (line !== undefined) {
      answers.splice(answers.indexOf(line), 1);
      return line;
    }
    await realDependencies.wait(20);
  }
}

async function controlBroker(word: 'kill' | 'start'): Promise<void> {
  broker.stdin.write(`${word}\n`);
  await answer((line) => line === (word === 'kill' ? 'down' : 'up'));
}

const open = (produceTimeoutMilliseconds = 2_000) =>
  openEventLog(`kafka://${brokers}`, { ...realDependencies, produceTimeoutMilliseconds });

/**
 * As every producer of the shop does: it repeats the same events until the log has them, and sends nothing
 * before that.
 */
async function produceUntilTaken(
  log: EventLog,
  topic: string,
  events: readonly CloudEvent[],
): Promise<number> {
  for (let failures = 0; ; failures += 1) {
    try {
      await log.produce(topic, events);
      return failures;
    } catch {
      await realDependencies.wait(100);
    }
  }
}

interface Numbered {
  readonly id: string;
  readonly partitionkey: string;
  readonly data: { readonly available: number };
}

/** The first occurrence of each event, in the order of arrival. */
function firstComings(values: readonly string[]): Numbered[] {
  const seen = new Set<string>();
  return values
    .map((value) => JSON.parse(value) as Numbered)
    .filter(({ id }) => (seen.has(id) ? false : seen.add(id)));
}

describe.skipIf(!hasKafka)(`a broker that fails${reason}`, () => {
  beforeAll(async () => {
    broker = spawn(process.execPath, ['test/support/kafka.mjs'], { cwd: root });
    broker.stderr.pipe(process.stderr);
    createInterface({ input: broker.stdout }).on('line', (line) => answers.push(line));
    brokers = (await answer((line) => line.startsWith('KAFKA_BROKERS='))).slice('KAFKA_BROKERS='.length);
  }, 60_000);
  afterAll(async () => {
    const ended = once(broker, 'exit');
    broker.kill();
    await ended;
  });

  test('loses nothing and keeps the order of each key when the broker is killed and restarted under load', async () => {
    const topic = `t-${randomUUID()}`;
    const keys = ['a', 'b', 'c', 'd'];
    const producer = await open();
    const consumer = await open();
    const reception = await startReceiving(consumer, randomUUID(), [topic]);
    const stop = new AbortController();
    let failures = 0;
    const written = new Map<string, number>();
    const loads = keys.map(async (key) => {
      let next = 0;
      while (!stop.signal.aborted) {
        failures += await produceUntilTaken(producer, topic, numberedEvents(key, 10, next));
        next += 10;
        written.set(key, next);
        await realDependencies.wait(5);
      }
    });
    await realDependencies.wait(500);
    await controlBroker('kill');
    await realDependencies.wait(3_000);
    await controlBroker('start');
    const before = [...written.values()].reduce((sum, count) => sum + count, 0);
    while ([...written.values()].reduce((sum, count) => sum + count, 0) < before + 400) {
      await realDependencies.wait(50);
    }
    stop.abort();
    await Promise.all(loads);
    const all = [...written.values()].reduce((sum, count) => sum + count, 0);
    await reception.received(all);
    await reception.stop();
    await Promise.all([producer.close(), consumer.close()]);
    expect(failures).toBeGreaterThan(0);
    const comings = firstComings(reception.values());
    expect(comings).toHaveLength(all);
    for (const [key, count] of written) {
      const numbers = comings
        .filter(({ partitionkey }) => partitionkey === key)
        .map(({ data }) => data.available);
      expect(numbers).toEqual([...Array(count).keys()]);
    }
  }, 90_000);

  test('delivers every event again or for the first time after a consumer was killed in the middle of a batch', async () => {
    const topic = `t-${randomUUID()}`;
    const group = randomUUID();
    const log = await open(8_000);
    await log.produce(topic, numberedEvents('a', 100));
    const script = `
      import { openEventLog } from ${JSON.stringify(new URL('./open-event-log.ts', import.meta.url).href)};
      import { realDependencies } from ${JSON.stringify(new URL('./testing/event-logs.ts', import.meta.url).href)};
      const log = await openEventLog('kafka://${brokers}', realDependencies);
      await log.consume({ group: '${group}', topics: ['${topic}'], maxBatch: 10, onBatch: async ({ records }) => {
        for (const { value } of records) {
          process.stdout.write(value + '\\n');
          if (value.includes('"available":44')) await new Promise(() => {});
        }
      }});`;
    const killed = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const first: string[] = [];
    const reached = new Promise<void>((resolve) => {
      createInterface({ input: killed.stdout }).on('line', (line) => {
        first.push(line);
        if (line.includes('"available":44')) resolve();
      });
    });
    await reached;
    killed.kill('SIGKILL');
    const second = await startReceiving(log, group, [topic], { maxBatch: 10 });
    // From 40 on: four batches were committed, the fifth was not.
    await second.received(60);
    await log.close();
    const numbers = second.values().map((value) => (JSON.parse(value) as Numbered).data.available);
    expect(numbers).toEqual([...Array(60).keys()].map((index) => index + 40));
    const comings = firstComings([...first, ...second.values()]);
    expect(comings.map(({ data }) => data.available)).toEqual([...Array(100).keys()]);
  }, 90_000);

  test('stops a consumption and a producer although their broker is gone', async () => {
    const topic = `t-${randomUUID()}`;
    const log = await open();
    await log.produce(topic, numberedEvents('a', 1));
    const reception = await startReceiving(log, randomUUID(), [topic]);
    await reception.received(1);
    await controlBroker('kill');
    await expect(log.produce(topic, numberedEvents('a', 1, 1))).rejects.toBeInstanceOf(Error);
    await log.close();
    await controlBroker('start');
  }, 90_000);
});
