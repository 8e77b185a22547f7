import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventLog, RecordBatch } from '../event-log.ts';
import { numberedEvents, startReceiving } from './event-logs.ts';

/** Tests of every log that can be read; `open` creates another client of the same log. */
export function eventLogCases(name: string, open: () => Promise<EventLog>, isThere = true): void {
  describe.skipIf(!isThere)(`an event log: ${name}`, () => {
    let log: EventLog;
    let topic: string;
    let group: string;
    beforeEach(async () => {
      log = await open();
      topic = `topic-${randomUUID()}`;
      group = `group-${randomUUID()}`;
    });
    afterEach(() => log.close());

    const keys = ['a', 'b', 'c'];
    const perKey = (values: readonly string[], key: string) => {
      const parsed = values.map((value) => JSON.parse(value) as ReturnType<typeof numberedEvents>[number]);
      return parsed.filter(({ partitionkey }) => partitionkey === key).map(({ data }) => data.available);
    };

    test('returns what was produced, under its key and in the order of each key', async () => {
      const events = numberedEvents('a', 250).flatMap((event, index) => [
        event,
        ...numberedEvents('b', 1, index),
        ...numberedEvents('c', 1, index),
      ]);
      for (let at = 0; at < events.length; at += 90) await log.produce(topic, events.slice(at, at + 90));
      const reception = await startReceiving(log, group, [topic]);
      await reception.received(750);
      await reception.stop();
      for (const key of keys) expect(perKey(reception.values(), key)).toEqual([...Array(250).keys()]);
      const values = new Set(events.map((event) => JSON.stringify(event)));
      expect(new Set(reception.values())).toEqual(values);
      for (const { records } of reception.batches) {
        expect(records.length).toBeLessThanOrEqual(100);
        for (const { key, value } of records) {
          expect((JSON.parse(String(value)) as { partitionkey: string }).partitionkey).toBe(key);
        }
      }
    });

    test('a group continues from its position, and another group starts at the beginning', async () => {
      await log.produce(topic, numberedEvents('a', 5));
      const first = await startReceiving(log, group, [topic]);
      await first.received(5);
      await first.stop();
      await log.produce(topic, numberedEvents('a', 5, 5));
      const second = await startReceiving(log, group, [topic]);
      await second.received(5);
      await second.stop();
      expect(perKey(second.values(), 'a')).toEqual([5, 6, 7, 8, 9]);
      const other = await startReceiving(log, `${group}-other`, [topic]);
      await other.received(10);
      await other.stop();
      expect(perKey(other.values(), 'a')).toEqual([...Array(10).keys()]);
    });

    test('delivers a batch that its handler refuses again, before any later record', async () => {
      await log.produce(topic, numberedEvents('a', 6));
      const refused: RecordBatch[] = [];
      const reception = await startReceiving(log, group, [topic], {
        maxBatch: 2,
        before: async (batch) => {
          if (
            refused.length >= 2 ||
            !batch.records.some(({ value }) => String(value).includes('"available":2'))
          )
            return;
          refused.push(batch);
          throw new Error('refused by the test');
        },
      });
      await reception.received(6);
      await reception.stop();
      expect(refused).toHaveLength(2);
      expect(perKey(reception.values(), 'a')).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test('a stopped member finishes its batch, and the next member starts after it', async () => {
      await log.produce(topic, numberedEvents('a', 4));
      let begun: () => void = () => {};
      const working = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const first = await startReceiving(log, group, [topic], {
        maxBatch: 2,
        before: async () => {
          begun();
          await new Promise((resolve) => setTimeout(resolve, 200));
        },
      });
      await working;
      await first.stop();
      const done = perKey(first.values(), 'a');
      expect([2, 4]).toContain(done.length);
      const second = await startReceiving(log, group, [topic]);
      await log.produce(topic, numberedEvents('a', 1, 4));
      await second.received(5 - done.length);
      await second.stop();
      expect([...done, ...perKey(second.values(), 'a')]).toEqual([0, 1, 2, 3, 4]);
    });

    test('a log that is closed while a reader starts leaves no reader behind', async () => {
      await log.produce(topic, numberedEvents('a', 1));
      const closed = await open();
      const starting = startReceiving(closed, group, [topic]);
      await closed.close();
      const left = await starting;
      const before = left.values().length;
      const other = await startReceiving(log, group, [topic]);
      await log.produce(topic, numberedEvents('a', 3, 1));
      await other.received(4 - before);
      await other.stop();
      expect(left.values()).toHaveLength(before);
    });

    test('members of a group share the work, and process no record twice', async () => {
      const other = await open();
      const members = await Promise.all([log, other].map((each) => startReceiving(each, group, [topic])));
      for (const key of keys) await log.produce(topic, numberedEvents(key, 20));
      for (let got = 0; got < 60; ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        got = new Set(members.flatMap((member) => member.values())).size;
      }
      await other.close();
      for (const member of members) await member.stop();
      const values = members.flatMap((member) => member.values());
      expect(values).toHaveLength(60);
      for (const key of keys)
        expect(perKey(values, key).toSorted((a, b) => a - b)).toEqual([...Array(20).keys()]);
    });
  });
}
