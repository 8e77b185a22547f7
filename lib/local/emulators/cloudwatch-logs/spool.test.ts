import fs, { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSpool, type Spool, type SpoolFiles } from './spool.ts';

let folder = '';
let spool: Spool;
let notices: string[] = [];
const ports = { notice: (text: string) => void notices.push(text) };
beforeEach(() => {
  notices = [];
  folder = mkdtempSync(join(tmpdir(), 'spool-'));
  spool = openSpool(folder, 'lines', ports);
});
afterEach(() => {
  spool.close();
  rmSync(folder, { recursive: true });
});
const reopen = () => {
  spool.close();
  spool = openSpool(folder, 'lines', ports);
};
const append = (...messages: string[]) => {
  for (const message of messages) spool.append({ id: message, timestamp: 1, message });
};
const next = () => spool.next().map(({ message }) => message);

test('returns lines until they are removed, also across a restart', () => {
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

test('skips an incomplete line and returns the following ones', () => {
  append('a');
  appendFileSync(join(folder, 'lines.jsonl'), '{"id":"hal');
  reopen();
  append('b');
  expect(next()).toEqual(['a', 'b']);
});

test('limits the size of a batch, except for one line that is larger', () => {
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

test('truncates the file when all lines are removed', () => {
  append(...Array.from({ length: 8 }, (_, number) => `${number} ${'y'.repeat(200_000)}`));
  for (let batch = next(); batch.length > 0; batch = next()) spool.done();
  expect(readFileSync(join(folder, 'lines.jsonl'), 'utf8')).toBe('');
  append('again');
  expect(next()).toEqual(['again']);
});

/** Removes all lines batch by batch and returns them; fails when it does not end. */
function drain(from: Spool): string[] {
  const messages: string[] = [];
  for (let batches = 0; batches < 100; batches += 1) {
    const batch = from.next();
    if (batch.length === 0) return messages;
    messages.push(...batch.map(({ message }) => message));
    from.done();
  }
  throw new Error('There is always another batch.');
}

const event = (message: string) => ({ id: message, timestamp: 1, message });

test('with any bytes in the files, reading ends and returns every complete line after them', () => {
  const bytes = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each)),
      fc
        .constantFrom('\n', '{}\n', 'null\n', '{"id":1}\n', '\xff\xfe\n')
        .map((text) => Buffer.from(text, 'latin1')),
      fc.string().map((text) => Buffer.from(`${JSON.stringify(event(text))}\n`)),
    ),
    { maxLength: 30 },
  );
  const position = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.double().map(String),
    fc.nat(2_000).map(String),
  );
  fc.assert(
    fc.property(bytes, position, (parts, place) => {
      spool.close();
      writeFileSync(join(folder, 'lines.jsonl'), Buffer.concat(parts));
      writeFileSync(join(folder, 'lines.position'), place);
      spool = openSpool(folder, 'lines', ports);
      append('after');
      expect(drain(spool).at(-1)).toBe('after');
    }),
    { numRuns: 300 },
  );
});

test('reading ends when the file is larger than a batch and has no line end', () => {
  spool.close();
  writeFileSync(join(folder, 'lines.jsonl'), 'x'.repeat(700_000));
  spool = openSpool(folder, 'lines', ports);
  expect(drain(spool)).toEqual([]);
  append('a');
  expect(drain(spool)).toEqual(['a']);
});

test.each([['NaN'], ['-5'], ['1e3'], ['99999999999999999999'], [' 3'], ['7']])(
  'a position of %j gives the lines from the beginning',
  (position) => {
    append('a', 'b');
    writeFileSync(join(folder, 'lines.position'), position);
    reopen();
    expect(next()).toEqual(['a', 'b']);
  },
);

test('reports the number of invalid lines', () => {
  appendFileSync(join(folder, 'lines.jsonl'), '{"id":1}\nnull\n');
  append('a');
  expect(next()).toEqual(['a']);
  expect(notices).toEqual([`2 invalid lines of ${join(folder, 'lines.jsonl')} are skipped.`]);
});

test('reads a truncated file from its beginning', () => {
  append('a', 'a');
  next();
  spool.done();
  fs.truncateSync(join(folder, 'lines.jsonl'), 0);
  append('b');
  expect(next()).toEqual(['b']);
});

test.each(['lines.jsonl', 'lines.position'])('refuses %s that is a folder and names the remedy', (name) => {
  spool.close();
  rmSync(join(folder, 'lines.jsonl'));
  mkdirSync(join(folder, name));
  expect(() => openSpool(folder, 'lines', ports)).toThrow(
    new RegExp(`state in ${join(folder, name)} cannot be read: EISDIR[\\s\\S]*npm start -- --reset`),
  );
  rmSync(join(folder, name), { recursive: true });
  spool = openSpool(folder, 'lines', ports);
});

test('loses no line and keeps the order when writes fail or are incomplete', () => {
  const fails = fc.array(fc.constantFrom('works', 'works', 'ENOSPC', 'half'), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(fails, (outcomes) => {
      spool.close();
      for (const name of ['lines.jsonl', 'lines.position']) rmSync(join(folder, name), { force: true });
      let calls = 0;
      const faulty =
        <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
        (...args: Args): Result => {
          if (outcomes[calls++] === 'ENOSPC') throw new Error('ENOSPC: no space left on device');
          return call(...args);
        };
      const files = {
        ...fs,
        writeFileSync: faulty(fs.writeFileSync),
        renameSync: faulty(fs.renameSync),
        readSync: faulty(fs.readSync as (...args: unknown[]) => number),
        writeSync: faulty((descriptor: number, bytes: Buffer) => {
          const isHalf = outcomes[calls] === 'half' && bytes.length > 1;
          return fs.writeSync(descriptor, isHalf ? bytes.subarray(0, bytes.length >> 1) : bytes);
        }),
      } as unknown as SpoolFiles;
      spool = openSpool(folder, 'lines', { ...ports, files });
      const expected = Array.from({ length: 20 }, (_, number) => `${number}`);
      const received: string[] = [];
      for (const message of expected) {
        append(message);
        received.push(...drain(spool));
      }
      while (calls <= outcomes.length) received.push(...drain(spool));
      expect(received.concat(drain(spool))).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test('reports a full disk once, and the number of lost lines when it works again', () => {
  let isFull = true;
  const files = {
    ...fs,
    writeSync: (descriptor: number, bytes: Buffer) => {
      if (isFull) throw new Error('ENOSPC: no space left on device');
      return fs.writeSync(descriptor, bytes);
    },
  } as unknown as SpoolFiles;
  spool.close();
  spool = openSpool(folder, 'lines', { ...ports, files });
  append(...Array.from({ length: 20 }, (_, number) => `${number} ${'y'.repeat(500_000)}`));
  expect(next()).toEqual([]);
  expect(notices).toHaveLength(1);
  expect(notices[0]).toContain('ENOSPC');
  isFull = false;
  expect(drain(spool)).toHaveLength(16);
  expect(notices[1]).toMatch(/^4 lines of the access log are lost/);
});
