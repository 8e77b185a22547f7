import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deadLetterTopic, withDeadLetters } from './dead-letters.ts';
import type { EventLog } from './event-log.ts';
import { createFileLog } from './file-log.ts';
import { parseEvent } from './parse-event.ts';
import { numberedEvents, realSurroundings, receive } from './testing.ts';

let folder: string;
let log: EventLog;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-dead-letters-'));
  log = createFileLog(folder, realSurroundings);
});
afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true });
});

const isPoison = (value: string) => value.includes('"available":2,');

test('poison is given up after its attempts, with all that is known of it, and the rest goes on in order', async () => {
  const events = numberedEvents('a', 5);
  await log.produce('t', events);
  const taken: string[] = [];
  const tries: string[] = [];
  const onBatch = withDeadLetters({
    attempts: 3,
    wait: async () => {},
    giveUp: deadLetterTopic(log, 'dead', 'g', () => 0),
    onRecord: async ({ offset, value }) => {
      tries.push(offset);
      if (isPoison(value)) throw new Error('cannot be read');
      taken.push(offset);
    },
  });
  await log.consume({ group: 'g', topics: ['t'], onBatch });
  const dead = await receive(log, 'reader', ['dead']);
  await dead.received(1);
  while (taken.length < 4) await realSurroundings.wait(10);
  expect(taken).toEqual(['0', '1', '3', '4']);
  expect(tries.filter((offset) => offset === '2')).toHaveLength(3);
  const letter = parseEvent(dead.values()[0] ?? '');
  expect(letter).toMatchObject({
    kind: 'unknown',
    event: {
      id: 't/0/2',
      source: '/consumers/g',
      partitionkey: 'a',
      data: {
        topic: 't',
        partition: 0,
        offset: '2',
        key: 'a',
        value: JSON.stringify(events[2]),
        error: 'Error: cannot be read',
      },
    },
  });
});

test('what cannot be given up is tried from the start again, and nothing after it is taken before', async () => {
  await log.produce('t', numberedEvents('a', 4));
  const taken: string[] = [];
  let refusals = 0;
  const onBatch = withDeadLetters({
    attempts: 2,
    wait: async () => {},
    giveUp: async () => {
      refusals += 1;
      if (refusals === 1) throw new Error('nowhere to put it');
    },
    onRecord: async ({ offset, value }) => {
      if (isPoison(value)) throw new Error('poison');
      taken.push(offset);
    },
  });
  await log.consume({ group: 'g', topics: ['t'], onBatch });
  while (!taken.includes('3')) await realSurroundings.wait(10);
  expect(refusals).toBe(2);
  expect(taken).toEqual(['0', '1', '0', '1', '3']);
});

test('a consumption that stops gives nothing up', async () => {
  const stop = new AbortController();
  const given: string[] = [];
  const onBatch = withDeadLetters({
    attempts: 1,
    wait: async () => {},
    giveUp: async ({ offset }) => {
      given.push(offset);
    },
    onRecord: async () => {
      stop.abort();
      throw new Error('interrupted');
    },
  });
  const record = { topic: 't', partition: 0, offset: '7', key: 'a', value: '{}', timestampMs: null };
  await expect(onBatch({ topic: 't', partition: 0, records: [record] }, stop.signal)).rejects.toThrow();
  expect(given).toEqual([]);
});
