import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileLog } from './file-log.ts';
import { eventLogCases } from './testing/event-log-cases.ts';
import { numberedEvents, realDependencies, startReceiving } from './testing/event-logs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-events-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => createFileLog(folder, realDependencies);

const linesOf = async (topic: string) => {
  const text = await readFile(join(folder, `${topic}.jsonl`), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  // A writer that starts while another one writes may treat that line as torn and end it, so blank lines are
  // ignored.
  return text.split('\n').filter((line) => line !== '');
};

eventLogCases('files', async () => open());

/** A separate process with a log on the folder. It prints `ready`, then waits for its standard input. */
function startProcess(script: string) {
  const code = `
    import { createFileLog } from ${JSON.stringify(new URL('./file-log.ts', import.meta.url).href)};
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const log = createFileLog(process.argv[1], { nowMs: Date.now, wait });
    const input = async () => { let text = ''; for await (const chunk of process.stdin) text += chunk; return text; };
    ${script}`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code, folder], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

describe('the log on disk', () => {
  test('keeps one file of JSON lines per topic, and continues where the last process ended', async () => {
    const [first, second] = numberedEvents('a', 2);
    for (const [topic, event] of [
      ['one', first] as const,
      ['one', second] as const,
      ['two', first] as const,
    ]) {
      const log = open();
      await log.produce(topic, event === undefined ? [] : [event]);
      await log.close();
    }
    expect((await readdir(folder)).sort()).toEqual(['one.jsonl', 'two.jsonl']);
    expect((await linesOf('one')).map((line) => JSON.parse(line))).toEqual([first, second]);
    expect((await linesOf('two')).map((line) => JSON.parse(line))).toEqual([first]);
  });

  test('rejects for a folder that cannot be created, and succeeds once it can', async () => {
    const blocker = join(folder, 'blocker');
    await appendFile(blocker, '');
    const log = createFileLog(join(blocker, 'events'), realDependencies);
    await expect(log.produce('t', numberedEvents('a', 1))).rejects.toThrow('ENOTDIR');
    await rm(blocker);
    await log.produce('t', numberedEvents('a', 1));
    await log.close();
    expect(await readdir(join(blocker, 'events'))).toEqual(['t.jsonl']);
  });

  test('a line that a process left torn is a separate record, and affects no other', async () => {
    await appendFile(join(folder, 't.jsonl'), '{"partitionkey":"to');
    const [event] = numberedEvents('a', 1);
    const log = open();
    await log.produce('t', numberedEvents('a', 0).concat(event ?? []));
    const reception = await startReceiving(log, 'g', ['t']);
    await reception.received(2);
    await log.close();
    expect(reception.batches.flatMap(({ records }) => records.map(({ key, value }) => [key, value]))).toEqual(
      [
        [null, '{"partitionkey":"to'],
        ['a', JSON.stringify(event)],
      ],
    );
  });

  test('reads a topic that was deleted from its new beginning', async () => {
    const log = open();
    await log.produce('t', numberedEvents('a', 3));
    const reception = await startReceiving(log, 'g', ['t']);
    await reception.received(3);
    await log.close();
    await rm(join(folder, 't.jsonl'));
    const reopened = open();
    await reopened.produce('t', numberedEvents('b', 1));
    const second = await startReceiving(reopened, 'g', ['t']);
    await second.received(1);
    await reopened.close();
    expect(second.batches[0]?.records[0]).toMatchObject({ key: 'b', offset: '0' });
  });

  test('"latest" is the end of the topic when the group first reads it', async () => {
    const log = open();
    await log.produce('t', numberedEvents('a', 3));
    const values: string[] = [];
    const consume = () =>
      log.consume({
        group: 'g',
        topics: ['t'],
        from: 'latest',
        onBatch: async ({ records }) => {
          values.push(...records.map(({ offset }) => offset));
        },
      });
    const first = await consume();
    const place = join(folder, 'groups', 'g', 't.json');
    while ((await readFile(place, 'utf8').catch(() => '')) === '') await realDependencies.wait(10);
    await first.stop();
    await log.produce('t', numberedEvents('a', 1, 3));
    await consume();
    while (values.length < 1) await realDependencies.wait(10);
    await log.close();
    expect(values).toEqual(['3']);
  });

  test('several processes at once tear no line, lose none and keep the order of each', async () => {
    const keys = ['a', 'b', 'c', 'd'];
    // Long keys, so that a write spans pages.
    const written = keys.map((key) => numberedEvents(key + 'x'.repeat(3_000), 400));
    const writers = keys.map(() =>
      startProcess(`
        process.stdout.write('ready');
        const events = JSON.parse(await input());
        for (let at = 0; at < events.length; at += 7) await log.produce('t', events.slice(at, at + 7));
        await log.close();`),
    );
    // All processes wait until every one is ready.
    await Promise.all(writers.map(({ stdout }) => once(stdout, 'data')));
    await Promise.all(
      writers.map(async (child, index) => {
        child.stdin.end(JSON.stringify(written[index]));
        expect(await once(child, 'exit')).toEqual([0, null]);
      }),
    );
    const read = (await linesOf('t')).map((line) => JSON.parse(line) as (typeof written)[0][0]);
    for (const events of written) {
      expect(read.filter(({ partitionkey }) => partitionkey === events[0]?.partitionkey)).toEqual(events);
    }
    expect(read).toHaveLength(1_600);
  });

  test('a second reader continues from the batch in which the first was killed', async () => {
    const log = open();
    await log.produce('t', numberedEvents('a', 6));
    const killed = startProcess(`
      await log.consume({ group: 'g', topics: ['t'], maxBatch: 2, onBatch: async ({ records }) => {
        if (records[0].offset === '2') { process.stdout.write('half'); await new Promise(() => {}); }
      }});
      setInterval(() => {}, 1000);`);
    await once(killed.stdout, 'data');
    const next = await startReceiving(log, 'g', ['t']);
    killed.kill('SIGKILL');
    await next.received(4);
    await log.close();
    const offsets = next.batches.flatMap(({ records }) => records.map(({ offset }) => offset));
    expect(offsets).toEqual(['2', '3', '4', '5']);
  });
});
