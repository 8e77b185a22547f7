import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { createEvent } from './cloud-event.ts';
import { openEventLog } from './open-event-log.ts';

const dependencies = { clientId: 'c', nowMs: Date.now, wait: async () => {}, writeLine: () => {} };
const event = createEvent({
  id: 'id',
  source: '/services/inventory',
  type: 'inventory.updated',
  subject: 'p',
  timeMs: 0,
  data: { productId: 'p', available: 1, reserved: 0, cause: 'released' },
});

test('stdout: writes one JSON line per event, and cannot be read', async () => {
  const lines: string[] = [];
  const log = await openEventLog('stdout:', { ...dependencies, writeLine: (line) => lines.push(line) });
  await log.produce('inventory.updated', [event, event]);
  await expect(log.consume({ group: 'g', topics: ['t'], onBatch: async () => {} })).rejects.toThrow(
    'cannot be read',
  );
  await log.close();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([event, event]);
});

test('file: takes a path or a whole URL', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-events-'));
  for (const url of [`file:${join(folder, 'a')}`, pathToFileURL(join(folder, 'b c')).href]) {
    const log = await openEventLog(url, dependencies);
    await log.produce('inventory.updated', [event]);
    await log.close();
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
  'refuses "%s" and names the supported forms',
  async (url) => {
    await expect(openEventLog(url, dependencies)).rejects.toThrow(
      'Use file:<folder>, stdout:, kafka://<host>:<port> or msk:<cluster ARN>.',
    );
  },
);
