import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSpool, type Spool } from './spool.ts';

let folder = '';
let spool: Spool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spool-'));
  spool = openSpool(folder, 'lines');
});
afterEach(() => {
  spool.close();
  rmSync(folder, { recursive: true });
});
const reopen = () => {
  spool.close();
  spool = openSpool(folder, 'lines');
};
const append = (...messages: string[]) => {
  for (const message of messages) spool.append({ id: message, timestamp: 1, message });
};
const next = () => spool.next().map(({ message }) => message);

test('lines come until they are taken off, over a restart too', () => {
  append('a', 'é');
  expect(next()).toEqual(['a', 'é']);
  reopen();
  expect(next()).toEqual(['a', 'é']);
  append('c');
  spool.done();
  expect(next()).toEqual(['c']);
  spool.done();
  reopen();
  expect(next()).toEqual([]);
  append('d');
  expect(next()).toEqual(['d']);
});

test('a line that was broken off is left out, and what follows is not', () => {
  append('a');
  appendFileSync(join(folder, 'lines.jsonl'), '{"id":"hal');
  reopen();
  append('b');
  expect(next()).toEqual(['a', 'b']);
});

test('a batch is no more than a function takes, but for a line that is', () => {
  const long = 'x'.repeat(600_000);
  append(...Array.from({ length: 1_000 }, (_, number) => `${number} ${'y'.repeat(1_000)}`), long, 'last');
  const batches: string[][] = [];
  for (let batch = next(); batch.length > 0; batch = next()) {
    batches.push(batch);
    spool.done();
  }
  expect(batches.length).toBeGreaterThan(4);
  expect(batches.flat()).toHaveLength(1_002);
  expect(batches.flat().slice(-2)).toEqual([long, 'last']);
});

test('the file is emptied when all is taken off', () => {
  append(...Array.from({ length: 8 }, (_, number) => `${number} ${'y'.repeat(200_000)}`));
  for (let batch = next(); batch.length > 0; batch = next()) spool.done();
  expect(readFileSync(join(folder, 'lines.jsonl'), 'utf8')).toBe('');
  append('again');
  expect(next()).toEqual(['again']);
});
