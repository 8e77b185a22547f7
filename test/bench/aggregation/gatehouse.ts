/**
 * A process of the benchmark: the aggregator behind HTTP, which is called like KrakenD. Its arguments are the pages and the
 * URLs of the services and the limit store. Prints its port.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aggregatorOf, eventOf } from './aggregator.ts';
import type { Page } from './pages.ts';

const [pages = '', servicesUrl = '', storeUrl = ''] = process.argv.slice(2);
const aggregate = aggregatorOf(JSON.parse(pages) as Page[], servicesUrl, storeUrl);

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  void aggregate(eventOf(request.url ?? '/')).then(({ statusCode, headers, body }) => {
    response.writeHead(statusCode, headers).end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
