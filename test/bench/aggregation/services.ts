/**
 * A process of the benchmark: services that answer after the milliseconds in the query, with the
 * actual duration in microseconds. Prints its port.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A text of the length of a product description, so that there is data to read, merge and write. */
const filling = 'x'.repeat(1_000);

const server = createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, (request, response) => {
  const startedAt = performance.now();
  const url = new URL(request.url ?? '/', 'http://services');
  const answer = () => {
    const tookMicroseconds = Math.round((performance.now() - startedAt) * 1_000);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ tookMicroseconds, id: url.pathname, filling, list: [1, 2, 3] }));
  };
  const milliseconds = Number(url.searchParams.get('after'));
  if (milliseconds === 0) answer();
  else setTimeout(answer, milliseconds);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
