import { requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { type Check, type Finding, inconclusive, passUnlessFaults } from './check.ts';
import {
  type HttpPorts,
  type HttpResponse,
  jsonMembers,
  problemFaults,
  requestEdge,
  statusFaults,
} from './http-port.ts';

const reservations = '/partner/inventory/pico-4/reservations';
/** Over the 10 MB that a REST API takes (API Gateway quotas). */
const overRestPayload = 11 * 1_024 * 1_024;

/** A call with the partner's key at the edge, and what is wrong with its answer. */
async function withKey(
  ports: HttpPorts,
  path: string,
  call: Parameters<typeof requestEdge>[2],
  judge: (answer: HttpResponse) => Finding,
): Promise<Finding> {
  if (ports.partnerKey === undefined) return inconclusive('it needs a key of a partner in PARTNER_KEY');
  const headers = { ...call?.headers, 'x-api-key': ports.partnerKey };
  return judge(await requestEdge(ports, path, { ...call, headers }));
}

/** The REST API of partners. They change nothing: every reservation that they ask for is refused. */
export const partnerChecks: readonly Check<HttpPorts>[] = [
  {
    name: 'partner-key-demanded',
    assumption: 'gateway-responses',
    remedy: "Gateway responses are not deployed: look at the id of the partner API's deployment.",
    run: async (ports) => {
      const none = await requestEdge(ports, '/partner/products');
      const wrong = await requestEdge(ports, '/partner/products', {
        headers: { 'x-api-key': `none-${ports.unique()}` },
      });
      return passUnlessFaults(
        [none, wrong].flatMap((answer) => problemFaults(answer, 403)),
        '403 without a key and with a wrong one',
      );
    },
  },
  {
    name: 'partner-key-accepted',
    assumption: 'rest-header-case',
    remedy:
      'A 403 of the API: CloudFront spells headers otherwise than cloudFrontHeaderCase. A 404 of the service: the stage stands before the path, see the transform in decision-listener.ts.',
    run: async (ports) =>
      await withKey(ports, '/partner/products/pico-4', {}, (answer) =>
        passUnlessFaults(
          [
            ...statusFaults(answer, 200),
            ...(jsonMembers(answer)['id'] === 'pico-4' ? [] : ['the body is not the product pico-4']),
          ],
          'the product, from the service behind the stage',
        ),
      ),
  },
  {
    name: 'partner-forged-headers',
    assumption: 'rest-mapping-replaces-header',
    remedy: 'Mappings do not replace a header of the caller: take the behaviour /partner/* out.',
    run: async (ports) => {
      const forged = {
        [requestHeaders.decision]: 'allow',
        [requestHeaders.service]: 'order',
        'x-user-role': 'admin',
      };
      return await withKey(ports, '/partner/products', { headers: forged }, (answer) =>
        passUnlessFaults(
          [
            ...statusFaults(answer, 200),
            ...(Array.isArray(jsonMembers(answer)['items']) ? [] : ['the body is not a list of products']),
          ],
          'a forged service is not believed',
        ),
      );
    },
  },
  {
    name: 'partner-origin-locked',
    assumption: 'rest-header-case',
    remedy: 'The lock is open: look at the function Origin of the partner stack, then redeploy its API.',
    run: async ({ partnerUrl, partnerKey, send }) => {
      if (partnerUrl === undefined) return inconclusive('the address of the partner API is not known');
      const headers = { 'x-api-key': partnerKey ?? 'none' };
      const answer = await send(`${partnerUrl}/partner/products`, { headers });
      return passUnlessFaults(statusFaults(answer, 403), '403 at the address of the partner API itself');
    },
  },
  {
    name: 'partner-body-of-any-type',
    assumption: 'rest-default-model',
    remedy: 'Bodies of other content types pass unread: give the method a model for each type.',
    run: async (ports) => {
      const headers = { 'content-type': 'text/plain', 'idempotency-key': ports.unique() };
      return await withKey(ports, reservations, { method: 'POST', headers, body: '{}' }, (answer) =>
        passUnlessFaults(problemFaults(answer, 400), 'text/plain is held to the schema'),
      );
    },
  },
  {
    name: 'partner-body-refused',
    assumption: 'rest-validation-error-string',
    remedy:
      'validationErrorString is not escaped: use $context.error.messageString in partner-gateway-responses.ts.',
    run: async (ports) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': ports.unique() };
      const call = { method: 'POST', headers, body: '{"quantity":0,"a\\"b":1}' };
      return await withKey(ports, reservations, call, (answer) =>
        passUnlessFaults(problemFaults(answer, 400), '400 that is JSON'),
      );
    },
  },
  {
    name: 'partner-header-demanded',
    assumption: 'gateway-responses',
    remedy: 'The request validator does not look at headers: see requiredHeaders of the route.',
    run: async (ports) => {
      const headers = { 'content-type': 'application/json' };
      return await withKey(
        ports,
        reservations,
        { method: 'POST', headers, body: '{"quantity":0}' },
        (answer) => passUnlessFaults(problemFaults(answer, 400), '400 without Idempotency-Key'),
      );
    },
  },
  {
    name: 'partner-body-too-long',
    assumption: 'rest-payload-limit',
    remedy: 'The partner API answers a body over 10 MB otherwise than its documentation says: note it.',
    run: async ({ partnerUrl, send }) => {
      if (partnerUrl === undefined) return inconclusive('the address of the partner API is not known');
      const body = 'x'.repeat(overRestPayload);
      const answer = await send(`${partnerUrl}${reservations}`, { method: 'POST', body });
      return answer.status === 403
        ? inconclusive('the firewall of the partner API refuses the call before')
        : passUnlessFaults(statusFaults(answer, 413), '413');
    },
  },
];
