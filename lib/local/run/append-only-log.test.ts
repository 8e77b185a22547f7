import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAppendOnlyLog } from './append-only-log.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (summary: () => readonly number[] = () => []) =>
  openAppendOnlyLog<number>(join(folder, 'numbers.jsonl'), summary);

test('restores all entries except an incomplete one', () => {
  const first = open();
  first.append(1);
  first.append(2);
  first.close();
  appendFileSync(join(folder, 'numbers.jsonl'), '{"half');
  const second = open();
  expect(second.earlier).toEqual([1, 2]);
  second.append(3);
  second.close();
  expect(open().earlier).toEqual([1, 2, 3]);
});

test('compacts the file', () => {
  let last = 0;
  const journal = open(() => [last]);
  for (last = 1; last <= 25_000; last += 1) journal.append(last);
  journal.close();
  const lines = readFileSync(join(folder, 'numbers.jsonl'), 'utf8').trim().split('\n');
  expect(lines.length).toBeLessThan(10_001);
  expect(lines.at(-1)).toBe('25000');
});
