import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { createPublish, type StoreEvent } from './event.ts';
import { openSink } from './open-sink.ts';

function anEvent(): StoreEvent {
  const events: StoreEvent[] = [];
  createPublish(
    'inventory',
    (event) => events.push(event),
    () => new Date(0),
    () => 'id',
  )('inventory.updated', 'p', { productId: 'p', available: 1, reserved: 0, cause: 'released' });
  return events[0] as StoreEvent;
}

test('stdout: writes one JSON line per event', async () => {
  const lines: string[] = [];
  const sink = await openSink('stdout:', { clientId: 'c', writeLine: (line) => lines.push(line) });
  await sink.write([anEvent(), anEvent()]);
  await sink.close();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([anEvent(), anEvent()]);
});

test('file: takes a path or a whole URL', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-events-'));
  for (const url of [`file:${join(folder, 'a')}`, pathToFileURL(join(folder, 'b c')).href]) {
    const sink = await openSink(url, { clientId: 'c', writeLine: () => {} });
    await sink.write([anEvent()]);
    await sink.close();
  }
  expect((await readdir(folder, { recursive: true })).sort()).toEqual([
    'a',
    join('a', 'inventory.updated.jsonl'),
    'b c',
    join('b c', 'inventory.updated.jsonl'),
  ]);
  await rm(folder, { recursive: true });
});

test.each(['', 'file:', 'kafka://', 'kafka://host', 'kafka://host:port', 'kafka://a:1,', 'redis://a:1'])(
  '"%s" is refused with what would do',
  async (url) => {
    await expect(openSink(url, { clientId: 'c', writeLine: () => {} })).rejects.toThrow(
      'Use file:<folder>, stdout: or kafka://<host>:<port>.',
    );
  },
);
