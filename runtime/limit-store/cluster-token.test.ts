import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openConnection } from './valkey-connection.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A fake cluster node that records the passwords it receives, and implements just enough of the protocol. */
async function clusterNode(passwords: string[], slots: () => string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      // Several commands may arrive at once: `*N` and then `$length` and a text for each word.
      const words = chunk
        .toString()
        .split('\r\n')
        .filter((word) => word !== '' && !/^[*$]\d+$/.test(word));
      for (let at = 0; at < words.length; at += 1) {
        const word = (words[at] ?? '').toLowerCase();
        if (word === 'auth') {
          passwords.push(words[at + 2] ?? '');
          at += 2;
          socket.write('+OK\r\n');
        } else if (word === 'cluster') {
          at += 1;
          socket.write(slots());
        } else if (word === 'evalsha') {
          socket.write(':1\r\n');
          at = words.length;
        } else if (word === 'info') socket.write('$17\r\ncluster_enabled:1\r\n');
        else if (['client', 'readonly', 'select'].includes(word)) socket.write('+OK\r\n');
      }
    });
  });
  servers.push(server);
  return await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

const range = (from: number, to: number, port: number) =>
  `*3\r\n:${from}\r\n:${to}\r\n*2\r\n$9\r\n127.0.0.1\r\n:${port}\r\n`;

test('a cluster client authenticates to every node with a token created for that connection', async () => {
  const [first, second]: [string[], string[]] = [[], []];
  const ports: number[] = [];
  const slots = () => `*2\r\n${range(0, 8_191, ports[0] ?? 0)}${range(8_192, 16_383, ports[1] ?? 0)}`;
  ports.push(await clusterNode(first, slots), await clusterNode(second, slots));
  let tokens = 0;
  const connection = await openConnection(
    {
      url: `redis://127.0.0.1:${ports[0]}`,
      topology: 'cluster',
      credentials: () => {
        tokens += 1;
        return { username: 'auth', password: `token-${tokens}` };
      },
    },
    () => undefined,
  );
  const given = () => [...first, ...second];
  const before = given().length;
  // `b` lies in slot 3300, `a` in 15495: the client connects to the second node now, with a later token.
  await connection.evalsha('sha', ['b'], []);
  tokens += 100;
  await connection.evalsha('sha', ['a'], []);
  connection.close();
  expect(second.length).toBeGreaterThan(0);
  expect(given().length).toBeGreaterThan(before);
  expect(new Set(given()).size).toBe(given().length);
});
