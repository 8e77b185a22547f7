import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type CallForTests, type ServerForTests, serverForTests } from '../lambda/shared/server-for-tests.ts';
import { judgedCalls } from './support/aws-calls.ts';
import { type AwsRequest, authorizationOf, capturing, received } from './support/aws-requests.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session/token+==',
  region: 'eu-west-1',
};

const message = {
  MessageId: 'm-1',
  ReceiptHandle: 'handle',
  Body: 'body',
  Attributes: { MessageGroupId: 'g', MessageDeduplicationId: 'd' },
};
const header = `<HeaderName>x-gw-origin-secret</HeaderName><HeaderValue>${'a'.repeat(64)}</HeaderValue>`;
const distribution = `<D><Status>Deployed</Status><OriginCustomHeader>${header}</OriginCustomHeader></D>`;

/** Just enough of each service that the product goes on to its next call. */
function answer({ method, url, headers, body }: CallForTests, before: readonly CallForTests[]) {
  const operation = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1);
  const json = (value: object, status = 200) => ({ status, body: JSON.stringify(value) });
  const first = !before.some((call) => call.url === url && call.method === method && call.body === body);
  const times = before.filter((call) => call.body === body).length;
  if (operation === 'ReceiveMessage') return json({ Messages: times % 2 === 0 ? [message] : [] });
  if (operation === 'GetSecretValue') return json({ SecretString: 'x' });
  if (operation === 'GetParameter') return json({ Parameter: { Value: '{}' } });
  if (body.startsWith('Action=GetCallerIdentity'))
    return { status: 200, body: '<Arn>arn:aws:iam::123456789012:user/a</Arn>' };
  if (url === '/configurationsessions') return json({ InitialConfigurationToken: 'token+/=:1' }, 201);
  if (url.startsWith('/applications?'))
    return json({
      Items: [
        { Id: 'a1', Name: 'app' },
        { Id: 'a1', Name: 'gatehouse-prod' },
      ],
    });
  if (url.includes('/environments?'))
    return json({
      Items: [
        { Id: 'e1', Name: 'env' },
        { Id: 'e1', Name: 'prod' },
      ],
    });
  if (url.includes('/configurationprofiles?'))
    return json({
      Items: [
        { Id: 'p1', Name: 'profile' },
        { Id: 'p1', Name: 'runtime-policy' },
      ],
    });
  if (url.startsWith('/deploymentstrategies')) return json({ Items: [{ Id: 's1', Name: 'e' }] });
  if (url.includes('/hostedconfigurationversions/')) return { status: 404, body: '{}' };
  if (url.endsWith('/hostedconfigurationversions'))
    return { status: 201, headers: { 'version-number': '8' }, body: '{}' };
  if (url.includes('/deployments?'))
    return json({ Items: [{ DeploymentNumber: 3, ConfigurationVersion: '7', State: 'BAKING' }] });
  if (url.includes('/deployments')) return { status: method === 'DELETE' ? 202 : 201, body: '{}' };
  if (url.includes('/keys?'))
    return json({ Items: [], ...(first && !url.includes('NextToken') ? { NextToken: 'next+/=' } : {}) });
  if (url.includes('/distribution/')) return { status: 200, headers: { etag: 'etag' }, body: distribution };
  if (url.includes('/bootstrap-brokers')) return json({ bootstrapBrokerStringSaslIam: 'b:9098' });
  return { status: 200, headers: { etag: 'etag' }, body: '{}' };
}

/** The same for the same request, whatever the order of its entries. */
const orderOf = ({ method, path, query, headers, body }: AwsRequest) => {
  const entries = Object.entries(Object(body) as object).map((entry) => JSON.stringify(entry));
  return [method, path, ...query, headers['x-amz-target'], ...entries.sort()].join(' ');
};

let server: ServerForTests;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-20T12:00:00.000Z') });
  for (const [name, value] of [
    ['AWS_ACCESS_KEY_ID', credentials.accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey],
    ['AWS_SESSION_TOKEN', credentials.sessionToken],
  ] as const) {
    vi.stubEnv(name, value);
  }
  server = await serverForTests((call) => answer(call, server.calls));
});
afterAll(() => {
  server.close();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe.each(judgedCalls)('$name', ({ ours, sdk, editsBody = false }) => {
  let calls: readonly CallForTests[];
  beforeAll(async () => {
    const from = server.calls.length;
    await ours(server.url, credentials);
    calls = server.calls.slice(from);
  });

  test("is what AWS's SDK sends", async () => {
    const { requests, requestHandler } = capturing();
    const config = {
      region: credentials.region,
      credentials,
      requestHandler: requestHandler as never,
      maxAttempts: 1,
    } as const;
    for (const send of sdk(config)) await send().catch(() => undefined);
    // Some are sent at once.
    const sorted = (list: readonly AwsRequest[]) =>
      list
        .map((request) => (editsBody ? { ...request, body: '' } : request))
        .sort((one, other) => orderOf(one).localeCompare(orderOf(other)));
    expect(sorted(calls.map(received))).toEqual(sorted(requests));
  });

  test("has the signature of AWS's signer", async () => {
    for (const call of calls) {
      if (String(call.headers.authorization).startsWith('AWS4-ECDSA')) continue;
      expect(call.headers.authorization).toBe(await authorizationOf(call, credentials));
    }
  });
});
