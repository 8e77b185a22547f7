import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewMessage } from './message.ts';
import { Queue, type QueueSettings } from './queue.ts';

const standard: QueueSettings = {
  id: 'test.Queue',
  name: 'queue',
  isFifo: false,
  contentBasedDeduplication: false,
  deduplicationScope: 'queue',
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  retentionSeconds: 3_600,
  maxMessageBytes: 1_000,
  waitSeconds: 0,
};
const fifo: QueueSettings = { ...standard, id: 'test.Fifo', name: 'queue.fifo', isFifo: true };

let folder = '';
let clock = 0;
let open: Queue[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queue-'));
  clock = 1_700_000_000_000;
});
afterEach(() => {
  for (const queue of open) queue.close();
  open = [];
  rmSync(folder, { recursive: true });
});

function queueOf(settings: QueueSettings): Queue {
  const queue = new Queue(settings, {
    path: join(folder, `${settings.name}.jsonl`),
    now: () => clock,
    newId: randomUUID,
    queue: (id) => open.find((each) => each.settings.id === id),
  });
  open.push(queue);
  return queue;
}
function reopened(queue: Queue): Queue {
  queue.close();
  open = open.filter((each) => each !== queue);
  return queueOf(queue.settings);
}
const text = (body: string, more: Partial<NewMessage> = {}): NewMessage => ({
  body,
  attributes: {},
  ...more,
});
const grouped = (groupId: string, body: string) =>
  text(body, { groupId, deduplicationId: `${groupId}${body}` });
const bodies = (queue: Queue, most = 10) => queue.receive(most).map(({ message }) => message.body);
const pass = (seconds: number) => {
  clock += seconds * 1_000;
};

describe('a standard queue', () => {
  test('returns a message to one receiver at a time until it is deleted', () => {
    const queue = queueOf(standard);
    queue.send(text('a'));
    const [first] = queue.receive(10);
    expect(first?.message).toMatchObject({ body: 'a', receiveCount: 1, firstReceivedAt: clock });
    expect(bodies(queue)).toEqual([]);
    pass(30);
    const [second] = queue.receive(10);
    expect(second?.message).toMatchObject({ receiveCount: 2, firstReceivedAt: clock - 30_000 });
    // The handle of an earlier receive call does not delete the message.
    expect(queue.delete(first?.receiptHandle ?? '')).toBe('deleted');
    expect(queue.counts().inFlight).toBe(1);
    expect(queue.delete(second?.receiptHandle ?? '')).toBe('deleted');
    pass(30);
    expect(bodies(queue)).toEqual([]);
    expect(queue.delete('nonsense')).toBe('invalid');
  });

  test('hides a message for its delay and its visibility timeout', () => {
    const queue = queueOf({ ...standard, delaySeconds: 5 });
    queue.send(text('late'));
    queue.send(text('at once', { delaySeconds: 0 }));
    expect(queue.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 1 });
    const [now] = queue.receive(10, 100);
    expect(now?.message.body).toBe('at once');
    pass(5);
    expect(bodies(queue)).toEqual(['late']);
    expect(queue.changeVisibility(now?.receiptHandle ?? '', 0)).toBe('changed');
    expect(queue.changeVisibility(now?.receiptHandle ?? '', 9)).toBe('not-in-flight');
    expect(bodies(queue)).toEqual(['at once']);
  });

  test('removes messages that are older than the retention period', () => {
    const queue = queueOf(standard);
    queue.send(text('old'));
    pass(1_800);
    queue.send(text('young'));
    pass(1_800);
    expect(bodies(queue)).toEqual(['young']);
  });

  test('moves a message to the dead-letter queue after maxReceiveCount, also across a restart', () => {
    const dead = queueOf({ ...standard, id: 'test.Dead', name: 'dead' });
    let queue = queueOf({ ...standard, redrive: { deadLetterQueueId: 'test.Dead', maxReceiveCount: 2 } });
    const { id } = queue.send(text('poison'));
    expect(bodies(queue)).toEqual(['poison']);
    pass(30);
    queue = reopened(queue);
    expect(bodies(queue)).toEqual(['poison']);
    pass(30);
    expect(bodies(queue)).toEqual([]);
    expect(dead.receive(1)[0]?.message).toMatchObject({ id, body: 'poison', deadLetterSource: 'test.Queue' });
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('keeps messages and counts after a restart', () => {
    const queue = queueOf(standard);
    for (const body of ['deleted', 'in flight', 'waiting']) queue.send(text(body));
    const [deleted, inFlight] = queue.receive(2);
    queue.delete(deleted?.receiptHandle ?? '');
    const again = reopened(queue);
    expect(again.counts()).toEqual({ visible: 1, inFlight: 1, delayed: 0 });
    expect(bodies(again)).toEqual(['waiting']);
    expect(again.delete(inFlight?.receiptHandle ?? '')).toBe('deleted');
    expect(again.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  });
});

describe('a FIFO queue', () => {
  test('returns no message of a group while an earlier one is in flight', () => {
    const queue = queueOf(fifo);
    for (const [group, body] of [
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
    ] as const) {
      queue.send(grouped(group, body));
    }
    const [first] = queue.receive(1);
    expect(first?.message).toMatchObject({ groupId: 'a', sequence: '00000000000000000001' });
    const [second, none] = queue.receive(10);
    expect([second?.message.groupId, none]).toEqual(['b', undefined]);
    queue.delete(first?.receiptHandle ?? '');
    expect(bodies(queue)).toEqual(['2']);
    pass(30);
    expect(queue.delete(second?.receiptHandle ?? '')).toBe('expired');
  });

  test('drops a duplicate within five minutes, also after a restart', () => {
    let queue = queueOf({ ...fifo, contentBasedDeduplication: true });
    const first = queue.send(text('pay', { groupId: 'a' }));
    const [received] = queue.receive(1);
    queue.delete(received?.receiptHandle ?? '');
    queue = reopened(queue);
    expect(queue.send(text('pay', { groupId: 'b' }))).toEqual(first);
    expect(bodies(queue)).toEqual([]);
    pass(300);
    expect(queue.send(text('pay', { groupId: 'b' })).sequence).toBe('00000000000000000002');
  });

  test('deduplicates by group when the scope is messageGroup', () => {
    const queue = queueOf({ ...fifo, deduplicationScope: 'messageGroup' });
    queue.send(text('x', { groupId: 'a', deduplicationId: 'same' }));
    queue.send(text('y', { groupId: 'b', deduplicationId: 'same' }));
    expect(bodies(queue)).toEqual(['x', 'y']);
  });

  test('keeps the order of each group across any sequence of receives, time-outs, deletes and restarts', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), group: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constant('receive' as const), most: fc.integer({ min: 1, max: 10 }) }),
      fc.record({ kind: fc.constant('delete' as const), which: fc.nat(5) }),
      fc.record({ kind: fc.constantFrom('pass' as const, 'restart' as const) }),
    );
    let run = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        run += 1;
        let queue = queueOf({ ...fifo, name: `run${run}.fifo` });
        let sent = 0;
        const faults: string[] = [];
        const finished = new Map<string, number>();
        let held: { receiptHandle: string; group: string; number: number }[] = [];
        for (const each of steps) {
          if (each.kind === 'send') {
            sent += 1;
            queue.send(grouped(each.group, String(sent)));
          }
          if (each.kind === 'pass') {
            pass(31);
            held = [];
          }
          if (each.kind === 'restart') queue = reopened(queue);
          if (each.kind === 'receive') {
            for (const { message, receiptHandle } of queue.receive(each.most)) {
              const [group, number] = [message.groupId ?? '', Number(message.body)];
              // A deleted message is not returned again, and no message overtakes another of its group.
              if (number <= (finished.get(group) ?? 0)) faults.push(`${number} of ${group} came back`);
              const overtaken = held.some((other) => other.group === group && other.number >= number);
              if (overtaken) faults.push(`${number} of ${group} came out of order`);
              held.push({ receiptHandle, group, number });
            }
          }
          if (each.kind === 'delete') {
            const [one] = held.splice(each.which, 1);
            if (one === undefined) continue;
            if (queue.delete(one.receiptHandle) !== 'deleted') faults.push(`${one.number} is still there`);
            if (!held.some(({ group, number }) => group === one.group && number < one.number)) {
              finished.set(one.group, one.number);
            }
          }
        }
        expect(faults).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
