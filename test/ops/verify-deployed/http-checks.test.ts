import { describe, expect, test } from 'vitest';
import { runChecks } from '../../../lib/ops/verify-deployed/check.ts';
import { httpChecks } from '../../../lib/ops/verify-deployed/checks.ts';
import { type HttpPorts, sendByFetch } from '../../../lib/ops/verify-deployed/http-port.ts';
import {
  type ReceivedCall,
  startTestHttpServer,
  type TestAnswer,
} from '../../../runtime/http/testing/test-server.ts';
import { baseHeader, bases, corsOrigin, healthyGateway, partnerKey } from '../../support/healthy-gateway.ts';

type Fault = (answer: TestAnswer, call: ReceivedCall) => TestAnswer;

/** Runs checks against a server in this process, whose answers pass through a fault. */
async function outcomes(
  fault: Fault = (answer) => answer,
  only: readonly string[] = httpChecks.map(({ name }) => name),
  ports: Partial<HttpPorts> = {},
) {
  const gateway = healthyGateway();
  const server = await startTestHttpServer((call) => fault(gateway.answer(call), call));
  let made = 0;
  try {
    const results = await runChecks(
      httpChecks.filter(({ name }) => only.includes(name)),
      {
        ...bases,
        partnerKey,
        corsOrigin,
        staticPrefix: '/assets/',
        send: async (url, call) => {
          const { origin, pathname, search } = new URL(url);
          return await sendByFetch(`${server.url}${pathname}${search}`, {
            ...call,
            headers: { ...call.headers, [baseHeader]: origin },
          });
        },
        wait: async (seconds) => gateway.pass(seconds),
        unique: () => {
          made += 1;
          return `verify=${made}`;
        },
        ...ports,
      },
    );
    return results;
  } finally {
    server.close();
  }
}

const status =
  (code: number, matches: (call: ReceivedCall) => boolean = () => true): Fault =>
  (answer, call) =>
    matches(call) ? { ...answer, status: code } : answer;
const without =
  (...names: string[]): Fault =>
  (answer) => ({
    ...answer,
    headers: Object.fromEntries(
      Object.entries(answer.headers ?? {}).filter(([name]) => !names.includes(name)),
    ),
  });
const withHeader =
  (name: string, value: string): Fault =>
  (answer) => ({ ...answer, headers: { ...answer.headers, [name]: value } });
const body =
  (text: string): Fault =>
  (answer) => ({ ...answer, body: text });

/** Each way to misbehave, and the check that notices. */
const faults: readonly (readonly [check: string, what: string, fault: Fault])[] = [
  ['gateway-healthy', 'a plain 404', status(404)],
  ['gateway-healthy', 'a page of somebody else', body('<html>')],
  ['forged-decision-refused', 'a forged decision is believed', status(200)],
  ['origin-locked', 'the API answers everybody', status(200)],
  ['refusal-status-replaced', 'the status of the load balancer', status(461)],
  ['refusal-status-replaced', 'a 401 of the API without our body', body('{"message":"Unauthorized"}')],
  ['refusal-status-replaced', 'mappings do not apply', without('x-request-id')],
  ['limit-headers-present', 'context is not mapped', without('ratelimit', 'ratelimit-policy')],
  ['limit-headers-present', 'a missing value is empty', withHeader('ratelimit', '')],
  ['escaped-path-kept', 'escapes are decoded', status(500, ({ url }) => url.includes('%20'))],
  ['escaped-path-kept', 'the query is lost', body('{"items":[1,2,3]}')],
  ['two-readings-refused', 'an encoded slash passes', status(404, ({ url }) => url.includes('%2F'))],
  ['two-readings-refused', 'an encoded question mark passes', status(404, ({ url }) => url.includes('%3F'))],
  ['version-headers-present', 'texts are taken as variables', withHeader('deprecation', '$context')],
  ['vary-appended', 'Vary is not appended', withHeader('vary', 'Accept-Encoding')],
  ['unknown-path-refused', 'a 404 may be cached', without('cache-control')],
  ['unmatched-request-answered', "AWS's own body", body('{"message":"Not Found"}')],
  ['unmatched-request-answered', 'no Allow', without('allow')],
  ['cors-on-refusal', 'a refusal lacks CORS headers', without('access-control-allow-origin')],
  ['cors-preflight-answered', 'the preflight goes to the authorizer', status(401)],
  ['throttled-call-answered', 'a 429 lacks Retry-After', without('retry-after')],
  ['throttled-call-answered', 'a burst is a 503', status(503, ({ url }) => url.endsWith('=7'))],
  ['answers-shared', 'nothing is cached', withHeader('x-cache', 'Miss from cloudfront')],
  ['version-by-header-cached', 'versions miss the cache', withHeader('x-cache', 'Miss from cloudfront')],
  ['unknown-version-refused', 'an unknown version is served', status(200)],
  ['unknown-version-refused', 'a page cannot read it', without('access-control-allow-origin')],
  ['large-body-refused', 'a large body passes', status(401)],
  ['unknown-method-refused', 'the API answers', status(404)],
  ['unknown-method-refused', 'no Allow', without('allow')],
  ['static-file-missing', 'no policy for pages', without('content-security-policy')],
  ['internal-headers-removed', 'the server is named', withHeader('server', 'awselb/2.0')],
  ['security-headers-present', 'no HSTS', without('strict-transport-security')],
  ['https-enforced', 'plain HTTP is served', status(200)],
  ['stale-answer-at-once', 'the copy is fresh again', withHeader('age', '0')],
  ['partner-key-demanded', 'no key is needed', status(200)],
  ['partner-key-demanded', "AWS's own body", body('{"message":"Forbidden"}')],
  ['partner-key-accepted', 'the origin secret is not found', status(403)],
  ['partner-key-accepted', 'the stage stands before the path', status(404)],
  ['partner-forged-headers', 'a forged service is believed', body('{"orders":[]}')],
  ['partner-origin-locked', 'the partner API answers everybody', status(200)],
  ['partner-body-of-any-type', 'text passes unread', status(201)],
  ['partner-body-refused', 'an unescaped message', body('{"detail":"a"b"}')],
  ['partner-header-demanded', 'a header is optional', status(201)],
  ['partner-body-too-long', 'another status', status(400)],
];

describe('the checks by request', () => {
  test('pass at a gateway that is deployed well', async () => {
    const results = await outcomes();
    expect(results.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(results).toHaveLength(httpChecks.length);
  });

  test.each(faults)('%s fails with a remedy when %s', async (check, _, fault) => {
    const [result] = await outcomes(fault, [check]);
    expect(result).toMatchObject({ name: check, outcome: 'fail', remedy: expect.stringMatching(/\w+/) });
  });

  test('are each failed by some fault', () => {
    const failed = new Set(faults.map(([check]) => check));
    expect(httpChecks.map(({ name }) => name).filter((name) => !failed.has(name))).toEqual([]);
  });

  test('cannot tell anything where no answer comes', async () => {
    const results = await outcomes(undefined, undefined, {
      send: async () => await sendByFetch('http://127.0.0.1:9/', {}),
    });
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['inconclusive']));
    expect(results[0]?.detail).toMatch(/does not answer/);
  });

  test.each([
    ['apiUrl', ['origin-locked']],
    ['partnerUrl', ['partner-origin-locked', 'partner-body-too-long']],
    ['corsOrigin', ['cors-on-refusal', 'cors-preflight-answered']],
    ['staticPrefix', ['static-file-missing']],
    ['partnerKey', ['partner-key-accepted', 'partner-forged-headers', 'partner-body-of-any-type']],
  ] as const)('cannot tell without %s what it is needed for', async (port, checks) => {
    const results = await outcomes(undefined, [...checks], { [port]: undefined });
    expect(results.map(({ outcome }) => outcome)).toEqual(checks.map(() => 'inconclusive'));
  });
});
