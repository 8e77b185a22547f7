import { requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { type Check, fail, inconclusive, passUnlessFaults } from './check.ts';
import {
  type HttpPorts,
  headerFaults,
  jsonMembers,
  problemFaults,
  requestEdge,
  statusFaults,
} from './http-port.ts';

const forged = { [requestHeaders.decision]: 'allow', [requestHeaders.service]: 'order' };
/** Calls at once: over the burst of the limit `anonymous`. */
const burst = 40;

/** What the HTTP API, its authorizer and the load balancer do together. They change nothing. */
export const publicChecks: readonly Check<HttpPorts>[] = [
  {
    name: 'gateway-healthy',
    assumption: 'fixed-answer-through-private-integration',
    remedy: 'Look at the VPC link (vpc-link-available) and at the rule "health" of the listener.',
    run: async (ports) => {
      const answer = await requestEdge(ports, '/health');
      const faults = statusFaults(answer, 200);
      return passUnlessFaults(
        jsonMembers(answer)['status'] === 'ok' ? faults : [...faults, 'the body is not {"status":"ok"}'],
        'the load balancer answers through the API',
      );
    },
  },
  {
    name: 'forged-decision-refused',
    assumption: 'overwrite-replaces-header',
    remedy: 'Take the edge out of service: decisions can be forged.',
    run: async (ports) =>
      passUnlessFaults(
        problemFaults(await requestEdge(ports, '/api/orders', { headers: forged }), 401),
        '401',
      ),
  },
  {
    name: 'origin-locked',
    assumption: 'origin-header-from-edge',
    remedy: 'The API answers others than the edge: rotate the origin secret and deploy the API stack.',
    run: async ({ apiUrl, send }) => {
      if (apiUrl === undefined) return inconclusive('the address of the API is not known: give --api-url');
      const answer = await send(`${apiUrl}/api/orders`, { headers: forged });
      return passUnlessFaults(statusFaults(answer, 403), '403 at the address of the API itself');
    },
  },
  {
    name: 'refusal-status-replaced',
    assumption: 'overwrite-statuscode',
    remedy:
      'Mappings on answers of the load balancer do not apply: callers see 460 to 563. Compare get-integrations with the template; without overwrite:statuscode, let refusal-status.ts give the final statuses.',
    run: async (ports) => {
      const answer = await requestEdge(ports, '/api/orders');
      const faults = [
        ...problemFaults(answer, 401),
        ...headerFaults(answer, { 'x-request-id': /./, 'content-type': /^application\/(problem\+)?json/ }),
      ];
      const challenge = answer.headers.get('www-authenticate');
      return passUnlessFaults(
        faults,
        `461 of the load balancer is 401; WWW-Authenticate ${challenge === null ? 'does not arrive' : 'arrives'}`,
      );
    },
  },
  {
    name: 'limit-headers-present',
    assumption: 'context-on-private-integration',
    remedy: 'Context values are not mapped onto answers of private integrations: compare get-integrations.',
    run: async (ports) => {
      const answer = await requestEdge(ports, `/api/opinions/aurora-12?${ports.unique()}`);
      return passUnlessFaults(
        [
          ...statusFaults(answer, 200),
          ...headerFaults(answer, { ratelimit: /r=\d/, 'ratelimit-policy': /q=\d/, 'x-gateway-policy': /./ }),
        ],
        'values of the decision are on the answer of a service',
      );
    },
  },
  {
    name: 'escaped-path-kept',
    assumption: 'overwrite-path-escapes',
    remedy: 'The path that the decision writes is decoded on the way: take "rewrite" out of the routes.',
    run: async (ports) => {
      // A decoded space ends the request line, and an id that is decoded twice is another.
      const answer = await requestEdge(ports, `/api/opinions/aurora%2D12?limit=1&${ports.unique()}`);
      const spaced = await requestEdge(ports, `/api/opinions/a%20b?${ports.unique()}`);
      const { items } = jsonMembers(answer);
      return passUnlessFaults(
        [
          ...statusFaults(answer, 200),
          ...(Array.isArray(items) && items.length <= 1 ? [] : ['the query does not pass beside the path']),
          ...(spaced.status < 500 ? [] : [`status ${spaced.status} for an escaped space`]),
        ],
        'escapes and the query pass a rewritten path',
      );
    },
  },
  {
    name: 'two-readings-refused',
    assumption: 'encoded-separators',
    remedy: 'A path with two readings passes: see docs/adr/0032-one-reading-of-a-request.md.',
    run: async (ports) => {
      const paths = ['/api/opinions/a%2Fb', '/api/opinions/a%252Fb', '/api/opinions/a%3Fb'];
      const faults: string[] = [];
      for (const path of paths) {
        const { status } = await requestEdge(ports, path);
        if (status !== 400) faults.push(`status ${status} for ${path}, expected 400`);
      }
      return passUnlessFaults(faults, 'encoded separators are 400');
    },
  },
  {
    name: 'version-headers-present',
    assumption: 'static-mapping-text',
    remedy: 'The API takes the text of a mapping otherwise than as it is: compare get-integrations.',
    run: async (ports) => {
      const answer = await requestEdge(ports, '/products/aurora-12', { headers: { 'x-api-version': '1' } });
      return passUnlessFaults(
        [
          ...statusFaults(answer, 200),
          ...headerFaults(answer, { deprecation: /^@\d+$/, sunset: / GMT$/, link: /rel="deprecation"/ }),
        ],
        'Deprecation, Sunset and Link of the first version',
      );
    },
  },
  {
    name: 'vary-appended',
    assumption: 'append-vary',
    remedy: 'append:header.Vary is not in force: shared caches mix origins. Have the services send it.',
    run: async (ports) => {
      const answer = await requestEdge(ports, '/products/aurora-12');
      return passUnlessFaults(
        [...statusFaults(answer, 200), ...headerFaults(answer, { vary: /origin.*x-api-version/i })],
        'Vary names Origin and X-API-Version',
      );
    },
  },
  {
    name: 'unknown-path-refused',
    assumption: 'headers-policy-on-errors',
    remedy:
      "The response headers policy is not on the API's own answers: look at the default cache behaviour.",
    run: async (ports) => {
      const answer = await requestEdge(ports, '/api/nothing', originOf(ports));
      return passUnlessFaults(
        [
          ...statusFaults(answer, 404),
          ...headerFaults(answer, { 'cache-control': /no-store/, vary: /origin/i }),
        ],
        '404 with no-store and Vary',
      );
    },
  },
  {
    name: 'unmatched-request-answered',
    assumption: 'unmatched-routes',
    remedy:
      "The API answers unmatched requests itself: compare get-routes with the template's METHOD /{unmatched+}.",
    run: async (ports) => {
      const unknown = await requestEdge(ports, '/api/nothing');
      const wrongMethod = await requestEdge(ports, '/api/orders', { method: 'DELETE' });
      return passUnlessFaults(
        [
          ...problemFaults(unknown, 404),
          ...headerFaults(unknown, { 'x-request-id': /./ }),
          ...problemFaults(wrongMethod, 405),
          ...headerFaults(wrongMethod, { allow: /GET, HEAD, POST/ }),
        ],
        '404 and 405 with problem documents',
      );
    },
  },
  {
    name: 'cors-on-refusal',
    assumption: 'headers-policy-on-errors',
    remedy:
      'Refusals look like network errors to pages: compare the CORS settings of the policy and the API.',
    run: async (ports) => {
      if (ports.corsOrigin === undefined) return inconclusive('the environment has no corsOrigins');
      const answer = await requestEdge(ports, '/api/orders', originOf(ports));
      return passUnlessFaults(
        [...statusFaults(answer, 401), ...headerFaults(answer, { 'access-control-allow-origin': /./ })],
        'a page can read a 401',
      );
    },
  },
  {
    name: 'cors-preflight-answered',
    remedy: 'Pages cannot call the API: compare corsOrigins with the CORS configuration of the API.',
    run: async (ports) => {
      if (ports.corsOrigin === undefined) return inconclusive('the environment has no corsOrigins');
      const answer = await requestEdge(ports, '/api/orders', {
        method: 'OPTIONS',
        headers: {
          origin: ports.corsOrigin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
      return passUnlessFaults(
        [
          ...(answer.status === 200 || answer.status === 204 ? [] : statusFaults(answer, 204)),
          ...headerFaults(answer, { 'access-control-allow-methods': /POST/ }),
        ],
        'a page may send POST with Authorization',
      );
    },
  },
  {
    name: 'throttled-call-answered',
    assumption: 'context-on-private-integration',
    remedy: 'Context values are not mapped onto refusals of the load balancer: compare get-integrations.',
    run: async (ports) => {
      const answers = await Promise.all(
        Array.from({ length: burst }, () =>
          ports.send(`${ports.url}/api/opinions/aurora-12?${ports.unique()}`, {}),
        ),
      );
      const [failed] = answers.filter(({ status }) => status >= 500);
      if (failed !== undefined) return fail(`status ${failed.status} among ${burst} calls at once`);
      const [refused] = answers.filter(({ status }) => status === 429);
      if (refused === undefined) {
        return inconclusive(`${burst} calls at once are under the limit of this address`);
      }
      return passUnlessFaults(
        [
          ...problemFaults(refused, 429),
          ...headerFaults(refused, { 'retry-after': /^\d+$/, ratelimit: /r=0/ }),
        ],
        '429 with Retry-After and RateLimit',
      );
    },
  },
];

function originOf({ corsOrigin }: HttpPorts) {
  return corsOrigin === undefined ? {} : { headers: { origin: corsOrigin } };
}
