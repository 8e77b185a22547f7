import { afterEach, expect, test } from 'vitest';
import { startTestHttpServer, type TestAnswer, type TestHttpServer } from '../http/testing/test-server.ts';
import { createConfigurationPoll } from './appconfig-data.ts';

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', region: 'eu-west-1' };
const profile = {
  application: 'gatehouse-dev',
  environment: 'dev',
  profile: 'runtime-policy',
  pollSeconds: 30,
};

let server: TestHttpServer | undefined;
afterEach(() => server?.close());

const session = (token: string): TestAnswer => ({
  status: 201,
  body: JSON.stringify({ InitialConfigurationToken: token }),
});
const latest = (body: string, next: string): TestAnswer => ({
  status: 200,
  headers: { 'Next-Poll-Configuration-Token': next, 'Next-Poll-Interval-In-Seconds': '60' },
  body,
});

/** A fake AppConfig data plane that returns these answers, one per call. */
async function dataPlane(...answers: readonly TestAnswer[]) {
  const left = [...answers];
  server = await startTestHttpServer(() => left.shift() ?? { status: 500 });
  return { asked: server.calls, poll: createConfigurationPoll(credentials, server.url, profile) };
}

test('starts a session, then uses each token once, in signed calls', async () => {
  const { asked, poll } = await dataPlane(
    session('first/+='),
    latest('{"schema":1}', 'second'),
    latest('', 'third'),
    { ...latest('', 'fourth'), status: 204 },
    latest('{}', 'fifth'),
  );
  expect(await poll()).toEqual({ kind: 'document', text: '{"schema":1}', nextPollSeconds: 60 });
  expect(await poll()).toEqual({ kind: 'unchanged', nextPollSeconds: 60 });
  expect(await poll()).toEqual({ kind: 'unchanged', nextPollSeconds: 60 });
  expect(await poll()).toEqual({ kind: 'document', text: '{}', nextPollSeconds: 60 });

  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /configurationsessions',
    'GET /configuration?configuration_token=first%2F%2B%3D',
    'GET /configuration?configuration_token=second',
    'GET /configuration?configuration_token=third',
    'GET /configuration?configuration_token=fourth',
  ]);
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
    ApplicationIdentifier: 'gatehouse-dev',
    EnvironmentIdentifier: 'dev',
    ConfigurationProfileIdentifier: 'runtime-policy',
    RequiredMinimumPollIntervalInSeconds: 30,
  });
  for (const { headers } of asked) {
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/appconfig\/aws4_request, SignedHeaders=\S*host\S*, Signature=[0-9a-f]{64}$/,
    );
  }
});

test('starts a new session after a token was refused', async () => {
  const { asked, poll } = await dataPlane(
    session('a'),
    latest('{}', 'b'),
    { status: 400 },
    session('c'),
    latest('{}', 'd'),
  );
  await poll();
  await expect(poll()).rejects.toThrow(
    /^GetLatestConfiguration of gatehouse-dev\/dev\/runtime-policy at http\S+ answered 400$/,
  );
  expect(await poll()).toMatchObject({ kind: 'document' });
  expect(asked.at(-1)?.url).toBe('/configuration?configuration_token=c');
});

test.each<[string, TestAnswer[]]>([
  ['the application does not exist', [{ status: 404 }]],
  ['nothing is deployed to the profile', [session('a'), { status: 404 }]],
])('returns no document when %s', async (_, answers) => {
  const { poll } = await dataPlane(...answers);
  expect(await poll()).toEqual({ kind: 'absent' });
});

test.each<[string, TestAnswer[], RegExp]>([
  ['the session has no body', [{ status: 403 }], /^StartConfigurationSession of .* answered 403$/],
  [
    'the session has no token',
    [{ status: 201, body: '{}' }],
    /^StartConfigurationSession of .* answered 201$/,
  ],
  ['the session is not JSON', [{ status: 201, body: '<html>' }], /is not valid JSON/],
  [
    'the configuration request fails',
    [session('a'), { status: 500 }],
    /^GetLatestConfiguration of .* answered 500$/,
  ],
])('rejects when %s', async (_, answers, message) => {
  const { poll } = await dataPlane(...answers);
  await expect(poll()).rejects.toThrow(message);
});
