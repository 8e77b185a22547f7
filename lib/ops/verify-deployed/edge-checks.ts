import { type Check, inconclusive, passUnlessFaults } from './check.ts';
import {
  type HttpPorts,
  type HttpRequest,
  type HttpResponse,
  headerFaults,
  requestEdge,
  statusFaults,
} from './http-port.ts';

/** Over the inspected body of `edge.firewall.bodyLimit`. */
const tooLargeBytes = 64 * 1_024 + 1;
/** What says which software answers, and `cache-tag`, which is between the services and the edge. */
const removedHeaders = ['server', 'x-amzn-trace-id', 'x-powered-by', 'apigw-requestid', 'cache-tag'];
/** Of answers that the edge shares: `cache.seconds` of the catalogue is 60. */
const staleAfterSeconds = 75;

/** What CloudFront, its function and the firewall do. They change nothing. */
export const edgeChecks: readonly Check<HttpPorts>[] = [
  {
    name: 'answers-shared',
    assumption: 'origin-cache-control',
    remedy: 'Shared answers are not kept: look for a cookie or a header in the cache key that differs.',
    run: async (ports) => {
      const answer = await askForCopy(ports, `/api/products?${ports.unique()}`);
      return passUnlessFaults(copyFaults(answer), 'a later answer is a copy');
    },
  },
  {
    name: 'version-by-header-cached',
    assumption: 'function-changes-cache-key',
    remedy: 'A version by header misses the cache: compare viewer-request.ts with the cache key.',
    run: async (ports) => {
      const call = { headers: { 'x-api-version': '1' } };
      const answer = await askForCopy(ports, `/products/aurora-12?${ports.unique()}`, call);
      return passUnlessFaults(copyFaults(answer), 'a later answer of version 1 is a copy');
    },
  },
  {
    name: 'unknown-version-refused',
    assumption: 'headers-policy-on-function-answers',
    remedy: 'A page sees a network error in place of the refusal: the function has to send the header.',
    run: async (ports) => {
      const origin = ports.corsOrigin === undefined ? {} : { origin: ports.corsOrigin };
      const answer = await requestEdge(ports, '/products/aurora-12', {
        headers: { 'x-api-version': '9', ...origin },
      });
      return passUnlessFaults(
        [
          ...statusFaults(answer, 400),
          ...(ports.corsOrigin === undefined
            ? []
            : headerFaults(answer, { 'access-control-allow-origin': /./ })),
        ],
        '400 that a page can read',
      );
    },
  },
  {
    name: 'large-body-refused',
    assumption: 'firewall-body-size',
    remedy: 'The firewall lets large bodies pass: each costs an inspection until the service answers 413.',
    run: async (ports) => {
      const call = { method: 'POST', body: 'x'.repeat(tooLargeBytes) };
      return passUnlessFaults(statusFaults(await requestEdge(ports, '/api/orders', call), 413), '413');
    },
  },
  {
    name: 'unknown-method-refused',
    assumption: 'headers-policy-on-function-answers',
    remedy: 'The firewall is not in front of the distribution: see firewall-attached.',
    run: async (ports) => {
      const answer = await requestEdge(ports, '/api/orders', { method: 'PATCH' });
      return passUnlessFaults(
        [...statusFaults(answer, 405), ...headerFaults(answer, { allow: /GET/ })],
        '405 with Allow',
      );
    },
  },
  {
    name: 'static-file-missing',
    assumption: 'bucket-answers-edge-alone',
    remedy: 'The bucket answers others than the edge, or pages go without their policy: see the edge stack.',
    run: async (ports) => {
      if (ports.staticPrefix === undefined) return inconclusive('the environment has no edge.static');
      const answer = await requestEdge(ports, `${ports.staticPrefix}missing-${ports.unique()}`);
      return passUnlessFaults(
        [...statusFaults(answer, 403), ...headerFaults(answer, { 'content-security-policy': /./ })],
        '403 with Content-Security-Policy',
      );
    },
  },
  {
    name: 'internal-headers-removed',
    assumption: 'headers-policy-removes',
    remedy: 'The response headers policy is not attached: look at the cache behaviours.',
    run: async (ports) => {
      const answer = await requestEdge(ports, '/products/aurora-12');
      const left = removedHeaders.filter((name) => answer.headers.has(name));
      return passUnlessFaults(
        [...statusFaults(answer, 200), ...left.map((name) => `${name} is there`)],
        'absent',
      );
    },
  },
  {
    name: 'security-headers-present',
    assumption: 'headers-policy-on-errors',
    remedy: 'The response headers policy is not attached: look at the cache behaviours.',
    run: async (ports) => {
      const answer = await requestEdge(ports, '/api/orders');
      const always = { 'strict-transport-security': /max-age=\d{7}/, 'x-content-type-options': /nosniff/ };
      return passUnlessFaults(headerFaults(answer, always), 'on a refusal as well');
    },
  },
  {
    name: 'https-enforced',
    remedy: 'The viewer protocol policy of a cache behaviour is not redirect-to-https.',
    run: async (ports) => {
      if (!ports.url.startsWith('https:')) return inconclusive('the URL is not of https');
      const { status, headers } = await ports.send(`http${ports.url.slice('https'.length)}/health`, {});
      const isMoved = status === 301 || status === 308;
      return passUnlessFaults(
        isMoved && headers.get('location')?.startsWith('https:') === true
          ? []
          : [`status ${status} over http, expected 301 to https`],
        'plain HTTP is redirected',
      );
    },
  },
  {
    name: 'stale-answer-at-once',
    assumption: 'stale-while-revalidate',
    remedy: 'stale-while-revalidate is not honoured: every expiry waits for the origin.',
    run: async (ports) => {
      const path = `/api/products?${ports.unique()}`;
      await askForCopy(ports, path);
      await ports.wait(staleAfterSeconds);
      const stale = await requestEdge(ports, path);
      const age = Number(stale.headers.get('age') ?? 0);
      return passUnlessFaults(
        [...statusFaults(stale, 200), ...(age > 60 ? [] : [`age ${age} after ${staleAfterSeconds} s`])],
        `a copy of age ${age} while the edge asks the origin`,
      );
    },
  },
];

/** Each server of an edge location has a separate cache at first. */
const asksForCopy = 5;
const copied = /^(Refresh)?Hit/i;

/** Asks until a copy comes, or often enough; the last answer. */
async function askForCopy(ports: HttpPorts, path: string, call: HttpRequest = {}): Promise<HttpResponse> {
  let answer = await requestEdge(ports, path, call);
  for (let asked = 1; asked < asksForCopy && !copied.test(answer.headers.get('x-cache') ?? ''); asked += 1) {
    answer = await requestEdge(ports, path, call);
  }
  return answer;
}

function copyFaults(answer: HttpResponse): string[] {
  return [...statusFaults(answer, 200), ...headerFaults(answer, { 'x-cache': copied })];
}
