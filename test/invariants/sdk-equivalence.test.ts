import { readdirSync, readFileSync } from 'node:fs';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Sha256 } from '../../lib/ops/access/aws-rest-sigv4a.ts';
import { createMskToken } from '../../runtime/events/msk-token.ts';
import {
  type ReceivedCall,
  startTestHttpServer,
  type TestHttpServer,
} from '../../runtime/http/testing/test-server.ts';
import { createIamToken } from '../../runtime/limit-store/iam-token.ts';
import { type SdkClient, sdkClients } from '../support/aws-clients.ts';
import { type AwsRequest, authorizationOf, capturing, receivedRequest } from '../support/aws-requests.ts';
import type { SdkConfig } from '../support/compared-calls/compared-call.ts';
import { comparedCalls, comparedFiles } from '../support/compared-calls/compared-calls.ts';

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

const json = (value: object, status = 200) => ({ status, body: JSON.stringify(value) });

/** A minimal answer of AppConfig; undefined if the call is for another service. */
function appConfigAnswer(method: string, url: string) {
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
  return undefined;
}

/** A minimal answer of each service, with which the product continues to its next call. */
function answer({ method, url, headers, body }: ReceivedCall, before: readonly ReceivedCall[]) {
  const operation = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1);
  const first = !before.some((call) => call.url === url && call.method === method && call.body === body);
  const times = before.filter((call) => call.body === body).length;
  if (operation === 'ReceiveMessage') return json({ Messages: times % 2 === 0 ? [message] : [] });
  if (operation === 'GetSecretValue') return json({ SecretString: 'x' });
  if (operation === 'GetParameter') return json({ Parameter: { Value: '{}' } });
  if (body.startsWith('Action=GetCallerIdentity'))
    return { status: 200, body: '<Arn>arn:aws:iam::123456789012:user/a</Arn>' };
  const appConfig = appConfigAnswer(method, url);
  if (appConfig !== undefined) return appConfig;
  if (url.includes('/keys?'))
    return json({ Items: [], ...(first && !url.includes('NextToken') ? { NextToken: 'next+/=' } : {}) });
  if (url.includes('/distribution/')) return { status: 200, headers: { etag: 'etag' }, body: distribution };
  if (url.includes('/bootstrap-brokers')) return json({ bootstrapBrokerStringSaslIam: 'b:9098' });
  return { status: 200, headers: { etag: 'etag' }, body: '{}' };
}

/** A sort key of a request that does not depend on the order of its headers. */
const orderOf = ({ method, path, query, headers, body }: AwsRequest) => {
  const entries = Object.entries(Object(body) as object).map((entry) => JSON.stringify(entry));
  return [method, path, ...query, headers['x-amz-target'], ...entries.sort()].join(' ');
};

let server: TestHttpServer;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-20T12:00:00.000Z') });
  for (const [name, value] of [
    ['AWS_ACCESS_KEY_ID', credentials.accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey],
    ['AWS_SESSION_TOKEN', credentials.sessionToken],
  ] as const) {
    vi.stubEnv(name, value);
  }
  server = await startTestHttpServer((call) => answer(call, server.calls));
});
afterAll(() => {
  server.close();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe.each(comparedCalls)('$name', ({ ours, sdk, editsBody = false }) => {
  let calls: readonly ReceivedCall[];
  beforeAll(async () => {
    const from = server.calls.length;
    await ours(server.url, credentials);
    calls = server.calls.slice(from);
  });

  test('sends the same requests as the AWS SDK', async () => {
    const { requests, requestHandler } = capturing();
    const config = {
      region: credentials.region,
      credentials,
      requestHandler: requestHandler as never,
      maxAttempts: 1,
    } as const;
    for (const send of sdk(config)) await send().catch(() => undefined);
    expect(calls.length).toBe(requests.length);
    expect(calls.length).toBeGreaterThan(0);
    // Some requests are concurrent, so their order varies.
    const sorted = (list: readonly AwsRequest[]) =>
      list
        .map((request) => (editsBody ? { ...request, body: '' } : request))
        .sort((one, other) => orderOf(one).localeCompare(orderOf(other)));
    expect(sorted(calls.map(receivedRequest))).toEqual(sorted(requests));
  });

  test('has the same signature as the AWS signer', async () => {
    for (const call of calls) {
      if (String(call.headers.authorization).startsWith('AWS4-ECDSA')) continue;
      expect(call.headers.authorization).toBe(await authorizationOf(call, credentials));
    }
  });
});

describe('the endpoint of a service', () => {
  const client = (make: (config: SdkConfig) => SdkClient) => {
    const { hosts, requestHandler } = capturing();
    const made = make({
      region: 'eu-west-1',
      credentials,
      requestHandler: requestHandler as never,
      maxAttempts: 1,
    });
    return { hosts, made };
  };
  const environment = { AWS_REGION: 'eu-west-1' };

  test.each(sdkClients)(
    'is the same as in the AWS SDK for $service, by default and by environment variable',
    async ({ make, command, hostOf }) => {
      const { hosts, made } = client(make);
      await made.send(command()).catch(() => undefined);
      expect(hostOf(environment)).toBe(`https://${hosts[0]}`);
      const variable = `AWS_ENDPOINT_URL_${made.config.serviceId.replaceAll(' ', '_').toUpperCase()}`;
      expect(hostOf({ ...environment, [variable]: 'http://127.0.0.1:1' })).toBe('http://127.0.0.1:1');
    },
  );
});

describe('a token that is a presigned request', () => {
  const now = new Date('2026-11-20T12:00:00.000Z');
  const sortedByName = <Entry extends readonly [string, unknown]>(entries: readonly Entry[]) =>
    entries.toSorted(([one], [other]) => one.localeCompare(other));
  const presigned = async (service: string, hostname: string, query: Record<string, string>) => {
    const signer = new SignatureV4({ service, region: 'eu-west-1', credentials, sha256: Sha256 });
    const signed = await signer.presign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname,
        path: '/',
        query,
        headers: { host: hostname },
        body: '',
      },
      { signingDate: now, expiresIn: 900 },
    );
    return sortedByName(Object.entries(signed.query ?? {}));
  };
  const queryOf = (url: string) => sortedByName([...new URL(url).searchParams]);

  test('has the same signature as the AWS signer for the limit store', async () => {
    const token = createIamToken(
      'prod-auth',
      { name: 'gatehouse-prod', kind: 'serverless' },
      credentials,
      now,
    );
    const query = { Action: 'connect', User: 'prod-auth', ResourceType: 'ServerlessCache' };
    expect(queryOf(`https://${token}`)).toEqual(await presigned('elasticache', 'gatehouse-prod', query));
  });

  test('has the same signature as the AWS signer for the brokers', async () => {
    const url = Buffer.from(createMskToken(credentials, now), 'base64url').toString();
    const query = await presigned('kafka-cluster', 'kafka.eu-west-1.amazonaws.com', {
      Action: 'kafka-cluster:Connect',
    });
    // User-Agent is not signed. The broker logs it.
    expect(queryOf(url).filter(([name]) => name !== 'User-Agent')).toEqual(query);
  });
});

test('every file that calls AWS without the SDK is compared', () => {
  const calling = ['lambda', 'lib', 'runtime', 'services'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path}`)
      .filter((path) => path.endsWith('.ts') && !/test|testing/.test(path))
      .filter((path) =>
        /\b(?:callAws|callAwsRest|callRest|callRestSigV4a)\(|aws4\.sign\(/.test(readFileSync(path, 'utf8')),
      ),
  );
  expect(calling.sort()).toEqual([...comparedFiles].sort());
});
