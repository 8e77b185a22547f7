import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPublish, type StoreEvent } from './event.ts';
import { createFileSink } from './file-sink.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-events-'));
});
afterEach(() => rm(folder, { recursive: true }));

const linesOf = async (topic: string) => {
  const text = await readFile(join(folder, `${topic}.jsonl`), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
};

function eventsOf(source: string, count: number, padding = ''): StoreEvent[] {
  const events: StoreEvent[] = [];
  let ids = 0;
  const publish = createPublish(
    source,
    (event) => events.push(event),
    () => new Date(0),
    () => `${source}-${ids++}`,
  );
  for (let index = 0; index < count; index += 1) {
    publish('inventory.updated', `p${padding}`, {
      productId: `p${padding}`,
      available: index,
      reserved: 0,
      cause: 'reserved',
    });
  }
  return events;
}

describe('the log on disk', () => {
  test('keeps one file of JSON lines per topic, and goes on where the last process ended', async () => {
    const [first, second] = eventsOf('a', 2);
    const order = { ...first, type: 'orders.created' } as StoreEvent;
    for (const event of [first, second, order]) {
      const sink = createFileSink(join(folder, 'made', 'here'));
      await sink.write([event as StoreEvent]);
      await sink.close();
    }
    folder = join(folder, 'made', 'here');
    expect((await readdir(folder)).sort()).toEqual(['inventory.updated.jsonl', 'orders.created.jsonl']);
    expect((await linesOf('inventory.updated')).map((line) => JSON.parse(line))).toEqual([first, second]);
    expect((await linesOf('orders.created')).map((line) => JSON.parse(line))).toEqual([order]);
    folder = join(folder, '..', '..');
  });

  test('a folder that cannot be is an error each time, and no longer once it can', async () => {
    const blocker = join(folder, 'blocker');
    await appendFile(blocker, '');
    const sink = createFileSink(join(blocker, 'events'));
    const events = eventsOf('a', 1);
    await expect(sink.write(events)).rejects.toThrow('ENOTDIR');
    await rm(blocker);
    await sink.write(events);
    await sink.close();
    expect(await readdir(join(blocker, 'events'))).toEqual(['inventory.updated.jsonl']);
  });

  test('several processes at once tear no line, lose none and keep the order of each', async () => {
    const writer = `
      import { createFileSink } from ${JSON.stringify(new URL('./file-sink.ts', import.meta.url).href)};
      const sink = createFileSink(process.argv[1]);
      process.stdout.write('ready');
      let text = '';
      for await (const chunk of process.stdin) text += chunk;
      const events = JSON.parse(text);
      for (let at = 0; at < events.length; at += 7) await sink.write(events.slice(at, at + 7));
      await sink.close();`;
    const sources = ['a', 'b', 'c', 'd'];
    // Long lines, so that a write spans pages.
    const written = sources.map((source) => eventsOf(source, 400, 'x'.repeat(3_000)));
    const writers = sources.map(() =>
      spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', writer, folder], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    // None begins before all are there.
    await Promise.all(writers.map(({ stdout }) => once(stdout, 'data')));
    await Promise.all(
      writers.map(async (child, index) => {
        child.stdin.end(JSON.stringify(written[index]));
        expect(await once(child, 'exit')).toEqual([0, null]);
      }),
    );
    const read = (await linesOf('inventory.updated')).map((line) => JSON.parse(line) as StoreEvent);
    for (const [index, source] of sources.entries()) {
      expect(read.filter((event) => event.source === `/services/${source}`)).toEqual(written[index]);
    }
    expect(read).toHaveLength(1_600);
  });
});
