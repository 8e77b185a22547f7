import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { requestText } from '../http/fetch-json.ts';
import { anySignal, DeadlineExceededError, startDeadline, withDeadline } from './deadline.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server in another thread, which answers once this thread reports that it is about to stall. */
const stallingServer = `
const { parentPort, workerData } = require('node:worker_threads');
const state = new Int32Array(workerData);
const server = require('node:http').createServer((_request, response) => {
  Atomics.store(state, 0, 1);
  const answer = () => {
    if (Atomics.load(state, 0) !== 2) return setTimeout(answer, 1);
    response.end('in time', () => Atomics.store(state, 0, 3));
  };
  answer();
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

describe('withDeadline', () => {
  test('settles as the work does', async () => {
    await expect(withDeadline(10_000, () => Promise.resolve(7))).resolves.toBe(7);
    await expect(withDeadline(10_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  test('rejects when the work takes longer, even if it ignores its signal', async () => {
    let given: AbortSignal | undefined;
    const late = withDeadline(5, (signal) => {
      given = signal;
      return new Promise(() => undefined);
    });
    await expect(late).rejects.toBeInstanceOf(DeadlineExceededError);
    expect(given?.aborted).toBe(true);
  });

  test('accepts a deadline too far ahead for a timer', async () => {
    await expect(withDeadline(1e12, () => Promise.resolve(7))).resolves.toBe(7);
  });

  test('counts answers that arrived while the process stalled as timely', async () => {
    const state = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(stallingServer, { eval: true, workerData: state.buffer });
    const [port] = (await once(worker, 'message')) as [number];
    const outcomes: string[] = [];
    for (let call = 0; call < 5; call += 1) {
      const end = performance.now() + 300;
      const asked = requestText(`http://127.0.0.1:${port}`, {
        method: 'GET',
        headers: {},
        timeoutMilliseconds: 300,
      });
      while (Atomics.load(state, 0) !== 1) await new Promise((done) => setImmediate(done));
      Atomics.store(state, 0, 2);
      // Blocks the event loop until the answer has arrived and its deadline has passed.
      while (Atomics.load(state, 0) !== 3 || performance.now() < end + 5);
      outcomes.push(await asked.then(({ text }) => text, String));
    }
    await worker.terminate();
    expect(outcomes).toEqual(Array.from({ length: 5 }, () => 'in time'));
  });

  test('aborts calls whose Request and signal are no longer referenced', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const url = await listen(createServer(() => undefined));
    const collecting = setInterval(collect, 10);
    try {
      const calls = Array.from({ length: 20 }, () =>
        withDeadline(150, async (signal) => (await fetch(new Request(url, { signal }))).text()),
      );
      const outcomes = await Promise.allSettled(calls);
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20);
    } finally {
      clearInterval(collecting);
    }
  });
});

test('does not end a deadline that is cleared while the sockets are read', async () => {
  let ends = 0;
  const deadline = startDeadline(0, () => {
    ends += 1;
  });
  await new Promise<void>((done) => setTimeout(() => queueMicrotask(done), 0));
  deadline.clear();
  await new Promise((done) => setTimeout(done, 5));
  expect(ends).toBe(0);
});

describe('firstOf', () => {
  test('aborts with the first signal, with its reason', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const { signal } = anySignal([one.signal, two.signal]);
    two.abort('two');
    one.abort('one');
    expect(signal.reason).toBe('two');
  });

  test('is aborted from the start when one of the signals is', () => {
    expect(anySignal([new AbortController().signal, AbortSignal.abort('gone')]).signal.reason).toBe('gone');
  });

  test('removes its listeners on release', () => {
    const one = new AbortController();
    const { signal, release } = anySignal([one.signal]);
    release();
    one.abort();
    expect(signal.aborted).toBe(false);
  });
});
