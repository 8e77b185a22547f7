import { connect } from 'node:net';
import * as fc from 'fast-check';
import { Redis } from 'iovalkey';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admitScript, reportScript, settleScript } from '../../../../runtime/limit-store/breaker-scripts.ts';
import { takeScript } from '../../../../runtime/limit-store/limit-script.ts';
import {
  leasePartScript,
  readPartScript,
  writePartScript,
} from '../../../../runtime/limit-store/part-scripts.ts';
import type { Script } from '../../../../runtime/limit-store/script-runner.ts';
import { type InMemoryValkey, startInMemoryValkey } from './in-memory-valkey.ts';
import { CommandReader, encodeReply, ProtocolError } from './resp.ts';

describe('the built-in store behind a real client', () => {
  let store: InMemoryValkey;
  let client: Redis;
  let time: number;
  beforeEach(async () => {
    time = Date.UTC(2026, 0, 15);
    store = await startInMemoryValkey(() => time);
    client = new Redis(store.url, { username: 'nobody', password: 'any' });
  });
  afterEach(() => {
    client.disconnect();
    store.close();
  });

  const key = 'gh:{u:alice}:rate:user';
  /** Two requests a second, two at once. */
  const rate = ['take', 'rate', '500000', '2', '1'];

  test('runs the script by its digest and by its text', async () => {
    expect(await client.evalsha(takeScript.sha1, 1, key, ...rate)).toEqual([1, 0, 1, 500_000, 0, 0]);
    expect(await client.eval(takeScript.source, 1, key, ...rate)).toEqual([1, 0, 0, 1_000_000, 0, 0]);
    expect(await client.evalsha(takeScript.sha1, 1, key, ...rate)).toEqual([0, 1, 0, 1_000_000, 500_000, 0]);
    time += 500;
    expect(await client.evalsha(takeScript.sha1, 1, key, ...rate)).toEqual([1, 0, 0, 1_000_000, 0, 0]);
  });

  test('every connection sees the same entries', async () => {
    const other = new Redis(store.url);
    await client.evalsha(takeScript.sha1, 1, key, ...rate);
    expect(await other.evalsha(takeScript.sha1, 1, key, ...rate)).toEqual([1, 0, 0, 1_000_000, 0, 0]);
    other.disconnect();
  });

  test('counts concurrent calls exactly', async () => {
    const results = await Promise.all(
      Array.from({ length: 1_000 }, () =>
        client.evalsha(takeScript.sha1, 1, key, 'take', 'rate', '500000', '100', '1'),
      ),
    );
    expect(results.filter((result) => (result as number[])[0] === 1).length).toBe(100);
  });

  test('runs the scripts of circuit breakers and of the response cache', async () => {
    const breaker = ['1000000', '1', '1', '30000000', '5', '30000000', '3'];
    const run = ({ sha1 }: Script, keys: readonly string[], ...args: readonly string[]) =>
      client.evalsha(sha1, keys.length, ...keys, ...args);
    expect(await run(reportScript, ['b', 'b:alice'], ...breaker, '0')).toEqual([2, 30_000_000]);
    time += 30_000;
    const [result, lease] = (await run(admitScript, ['b', 'b:bob'], ...breaker, '0', 'bob')) as [
      number,
      number,
    ];
    expect(result).toBe(1);
    expect(await run(settleScript, ['b', 'b:bob'], ...breaker, `${lease}`, 'failed', 'bob')).toEqual([3, 0]);
    expect(await run(readPartScript, ['p'])).toBeNull();
    expect(await run(leasePartScript, ['l'], '1000')).toBe(1);
    expect(await run(writePartScript, ['p', 'l'], '1000000', '0', '{"ü":\n1}')).toBe(1);
    expect(await run(readPartScript, ['p'])).toEqual([0, 1, '{"ü":\n1}']);
    expect(await run(leasePartScript, ['l'], '1000')).toBe(1);
  });

  test('knows only the scripts of the gateway', async () => {
    expect(await client.script('LOAD', takeScript.source)).toBe(takeScript.sha1);
    expect(await client.script('EXISTS', takeScript.sha1, 'f'.repeat(40))).toEqual([1, 0]);
    await expect(client.evalsha('f'.repeat(40), 0)).rejects.toThrow('NOSCRIPT');
    await expect(client.eval('return 1', 0)).rejects.toThrow("only the gateway's scripts");
  });

  test('refuses unknown commands', async () => {
    await expect(client.set('a', 'b')).rejects.toThrow("ERR unknown command 'set'");
    await expect(client.evalsha(takeScript.sha1, 1, key, 'colour')).rejects.toThrow('ERR unknown check');
    await expect(client.evalsha(takeScript.sha1, 3, key)).rejects.toThrow('ERR Number of keys');
    expect(await client.ping()).toBe('PONG');
    expect(await client.quit()).toBe('OK');
  });

  test('invalid bytes close the connection with an error', async () => {
    const socket = connect(Number(new URL(store.url).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toBe("-ERR Protocol error: expected '*'\r\n");
  });
});

describe('commands', () => {
  test('are parsed correctly, wherever the bytes are split', () => {
    const commands = fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), { maxLength: 5 });
    fc.assert(
      fc.property(commands, fc.array(fc.nat(60)), (sent, cuts) => {
        const bytes = Buffer.from(sent.map((words) => encodeReply(words)).join(''));
        const reader = new CommandReader();
        const read: string[][] = [];
        let position = 0;
        for (const length of [...cuts, bytes.length]) {
          read.push(...reader.read(bytes.subarray(position, position + length)));
          position += length;
        }
        expect(read).toEqual(sent);
      }),
    );
  });

  test.each(['*x\r\n', '*-1\r\n', '*1\r\n$99999999\r\n', '*1\r\n:1\r\n'])('refuses %j', (bytes) => {
    expect(() => new CommandReader().read(Buffer.from(bytes))).toThrow(ProtocolError);
  });
});

test.each([
  [{ status: 'OK' }, '+OK\r\n'],
  [{ error: 'ERR no' }, '-ERR no\r\n'],
  [-7, ':-7\r\n'],
  ['ü', '$2\r\nü\r\n'],
  [null, '$-1\r\n'],
  [[1, ['a']], '*2\r\n:1\r\n*1\r\n$1\r\na\r\n'],
])('encodes the reply %j as %j', (reply, bytes) => {
  expect(encodeReply(reply)).toBe(bytes);
});
