import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch.ts';
import { type CallLog, type CallLogEntry, openCallLog, readCallLog } from './call-log.ts';
import { logLine, logsCommand } from './logs-command.ts';

let log: CallLog | undefined;
afterEach(() => log?.close());

const open = (folder = scratchFolder('calls')) => {
  const notices: string[] = [];
  log = openCallLog(
    folder,
    () => 1_000,
    (text) => notices.push(text),
  );
  return { folder, notices, log };
};
const sources = (entries: readonly CallLogEntry[]) => entries.map(({ source }) => source);

test('records the steps, access log lines and process lines of requests', () => {
  const { folder, log: opened } = open();
  const fields = { method: 'GET', path: '/api/orders', status: 200 };
  opened.hop({ name: 'edge', requestId: 'r-1', startedMs: 5, endedMs: 17.4, fields });
  opened.accessLog('{"requestId":"r-1","timeEpochMs":"6","latencyMs":"9"}');
  opened.processLine('order', '{"message":"request","requestId":"r-1","durationMs":3.5}');
  opened.processLine('order', '{"message":"a line about no request"}');
  opened.processLine('order', 'not JSON "requestId"');
  opened.close();
  expect(readCallLog(folder)).toMatchObject([
    { source: 'edge', timeMs: 5, milliseconds: 12, fields },
    { source: 'API', timeMs: 6, milliseconds: 9 },
    { source: 'order', timeMs: 1_000, milliseconds: 3.5 },
  ]);
});

test('keeps two files of bounded size, the later ones', () => {
  const folder = scratchFolder('calls');
  const text = 'x'.repeat(1_000_000);
  for (let round = 0; round < 30; round += 1) {
    const { log: opened } = open(folder);
    opened.processLine('order', JSON.stringify({ requestId: `r-${round}`, text }));
    opened.close();
  }
  expect(readdirSync(folder).sort()).toEqual(['calls.1.jsonl', 'calls.jsonl']);
  const kept = readCallLog(folder);
  expect(kept.length).toBeLessThan(20);
  expect(kept.at(-1)?.requestId).toBe('r-29');
});

test('reports once that it cannot write, and loses no request by it', () => {
  const folder = scratchFolder('calls');
  mkdirSync(join(folder, 'calls.jsonl'));
  const { log: opened, notices } = open(folder);
  opened.processLine('order', '{"requestId":"r"}');
  opened.close();
  expect(notices).toHaveLength(1);
  expect(notices[0]).toContain('The log of the calls cannot be written');
});

test('a torn line is skipped', () => {
  const folder = scratchFolder('calls');
  writeFileSync(join(folder, 'calls.jsonl'), '{"source":"edge","timeMs":1}\n{"source":"AP');
  expect(sources(readCallLog(folder))).toEqual(['edge']);
});

test('a line of the terminal has at most 80 printable characters', () => {
  const any = fc.record({
    timeMs: fc.integer({ min: 0, max: 4e12 }),
    source: fc.string({ unit: 'binary' }),
    requestId: fc.string(),
    milliseconds: fc.nat(),
    fields: fc.dictionary(
      fc.constantFrom('message', 'path', 'status', 'error'),
      fc.string({ unit: 'binary' }),
    ),
  });
  fc.assert(
    fc.property(any, (entry) => {
      expect(logLine(entry)).toMatch(/^[\x20-\x7e]{0,80}$/);
    }),
  );
});

test.each([
  [[], 'Give one request id.', 2],
  [['one', 'two'], 'Give one request id.', 2],
  [['--all'], "Unknown option '--all'", 2],
  [['id', '--port', 'x'], '--port "x" is not a valid port.', 2],
  [['id'], 'No local run. Start one with npm start.', 1],
])('npm run logs -- %j: %s', async (args, message, exitCode) => {
  const outcome = await logsCommand(args, { stateFolder: scratchFolder('runs'), environment: {} });
  expect(outcome).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
});
