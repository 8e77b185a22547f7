import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { env as rotationEnv } from '../../../lambda/origin-rotation/contract.ts';
import { compileCompositions } from '../../../lib/compile/compositions.ts';
import { compileWebhooks } from '../../../lib/compile/webhook-settings.ts';
import { loadConfiguration } from '../../../lib/config/index.ts';
import { buildBundles } from '../../../lib/features/functions/bundles.ts';
import { requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import {
  type ReceivedCall,
  startTestHttpServer,
  type TestHttpServer,
} from '../../../runtime/http/testing/test-server.ts';
import { emptyRuntimePolicy } from '../../../runtime/policy/empty-runtime-policy.ts';
import {
  emulate,
  functionOfTemplate,
  lambdaPrograms,
  type TemplateFunction,
} from '../../support/lambda-runtime.ts';
import { scratchFolder } from '../../support/scratch.ts';

const programs = lambdaPrograms(process.env);
const note = programs === undefined ? ' (skipped: no LAMBDA_RIE and LAMBDA_NODE; .ci/run installs them)' : '';
const secret = 'origin-secret';

/** AWS's APIs, of which only these answer; the rest are down. */
function awsStandIn({ method, url, headers, body }: ReceivedCall) {
  const operation = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1);
  const json = (value: object) => ({ status: 200, body: JSON.stringify(value) });
  if (operation === 'GetSecretValue' && body.includes('AWSCURRENT')) return json({ SecretString: secret });
  if (operation === 'GetSecretValue') return { status: 400, body: '{"__type":"ResourceNotFoundException"}' };
  if (operation === 'SendMessage') return json({ MessageId: 'm' });
  if (/^(Query|GetItem|UpdateItem)$/.test(operation ?? '')) return json({ Items: [] });
  // Nothing was ever deployed to the profile.
  if (url === '/configurationsessions') return { status: 404, body: '{}' };
  return { status: method === 'PUT' ? 200 : 503, body: '{}' };
}

/** An event of an HTTP API, payload format 2.0. */
const httpEvent = (routeKey: string, decision?: object) => {
  const [method, path] = routeKey.split(' ');
  return {
    version: '2.0',
    type: 'REQUEST',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: {
      [requestHeaders.originSecret]: secret,
      [requestHeaders.viewerAddress]: '192.0.2.7',
      host: 'x',
    },
    requestContext: {
      requestId: 'r-1',
      http: { method, path, sourceIp: '192.0.2.8', protocol: 'HTTP/1.1' },
      ...(decision === undefined ? {} : { authorizer: { lambda: decision } }),
    },
    isBase64Encoded: false,
  };
};

const configuration = loadConfiguration('prod');
const [composedRoute = ''] = Object.keys(compileCompositions(configuration).routes);
const [webhookRoute = ''] = Object.keys(compileWebhooks(configuration).sources);

/** Of each function: an event, and what it answers while the limit store, the brokers and the services are away. */
const invocations: Readonly<
  Record<string, { readonly event: (aws: string) => unknown; readonly answer: unknown }>
> = {
  auth: {
    event: () => httpEvent('GET /api/orders'),
    answer: {
      isAuthorized: true,
      context: expect.objectContaining({ decision: 'unauthenticated' }),
    },
  },
  aggregation: {
    event: () => httpEvent(composedRoute, { decision: 'unauthenticated', service: 'aggregation' }),
    answer: expect.objectContaining({ statusCode: 401 }),
  },
  revocation: {
    event: () => ({ revoke: { kind: 'token', caller: 'user:ada', name: 'token-id' } }),
    answer: { revoked: false, reason: expect.any(String) },
  },
  webhooks: {
    event: () => httpEvent(webhookRoute),
    answer: expect.objectContaining({ statusCode: 400 }),
  },
  'webhook-drain': { event: () => ({ Records: [] }), answer: { batchItemFailures: [] } },
  metering: {
    event: () => ({ Records: [{ messageId: 'm-1', eventSource: 'aws:sqs', body: 'not JSON' }] }),
    answer: { batchItemFailures: [] },
  },
  events: { event: () => ({ records: {} }), answer: { batchItemFailures: [] } },
  'origin-rotation': {
    event: () => ({ Step: 'setSecret', SecretId: 's', ClientRequestToken: 't' }),
    answer: null,
  },
  'partner-origin': {
    event: () => ({
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:eu-west-1:123456789012:abc/partner/GET/partner/v1/orders',
      headers: { [requestHeaders.originSecret]: secret },
    }),
    answer: expect.objectContaining({ principalId: 'edge' }),
  },
  'partner-plans': {
    event: () => ({}),
    answer: { changed: [], unchanged: [], drifting: ['free', 'basic', 'pro', 'enterprise'] },
  },
  'policy-validator': {
    event: () => ({ content: Buffer.from(JSON.stringify(emptyRuntimePolicy)).toString('base64') }),
    answer: null,
  },
  topics: {
    event: (aws) => ({
      RequestType: 'Delete',
      ResponseURL: `${aws}/cloudformation`,
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'Topics',
      PhysicalResourceId: 'Topics',
      ResourceProperties: { topics: {} },
    }),
    answer: null,
  },
};

/** Of functions that prod has none of. */
const ofNoTemplate: TemplateFunction = {
  handler: 'index.handler',
  runtime: 'nodejs24.x',
  timeoutSeconds: 30,
  memoryMiB: 256,
  variables: { [rotationEnv.distributionId]: 'E1', [rotationEnv.headerName]: requestHeaders.originSecret },
};

describe.runIf(programs !== undefined)(`bundles in the AWS Lambda runtime interface emulator${note}`, () => {
  const folder = scratchFolder('lambda-runtime');
  let aws: TestHttpServer;
  beforeAll(async () => {
    buildBundles(configuration, folder);
    aws = await startTestHttpServer(awsStandIn);
  });
  afterAll(() => aws?.close());

  /** Where nothing listens: port 9 is `discard`. */
  const variables = ({ variables: own }: TemplateFunction) => ({
    ...own,
    ...('LIMIT_STORE_URL' in own ? { LIMIT_STORE_URL: 'rediss://127.0.0.1:9' } : {}),
    ...('LOAD_BALANCER_URL' in own ? { LOAD_BALANCER_URL: 'http://127.0.0.1:9' } : {}),
    EVENT_LOG_URL: 'msk:arn:aws:kafka:eu-west-1:123456789012:cluster/gatehouse/0-1',
    AWS_ENDPOINT_URL: aws.url,
    ...Object.fromEntries(
      [
        'API_GATEWAY',
        'APPCONFIGDATA',
        'CLOUDFRONT',
        'DYNAMODB',
        'KAFKA',
        'SECRETS_MANAGER',
        'SNS',
        'SQS',
      ].map((service) => [`AWS_ENDPOINT_URL_${service}`, aws.url]),
    ),
  });

  const start = async (name: string) => {
    if (programs === undefined) throw new Error('The Lambda emulator is missing.');
    const template = functionOfTemplate(name) ?? ofNoTemplate;
    return await emulate(programs, join(folder, name), { ...template, variables: variables(template) });
  };

  test.each(Object.entries(invocations))(
    '%s starts and answers its event',
    async (name, { event, answer }) => {
      const emulated = await start(name);
      try {
        expect(await emulated.invoke(event(aws.url))).toEqual(answer);
        // An instance serves one event after another.
        expect(await emulated.invoke(event(aws.url))).toEqual(answer);
      } finally {
        await emulated.close();
      }
    },
    90_000,
  );

  test('returns the name and message of an error, which AppConfig shows', async () => {
    const emulated = await start('policy-validator');
    try {
      expect(
        await emulated.invoke({ content: Buffer.from('{"schema":2}').toString('base64') }),
      ).toMatchObject({
        errorType: 'InvalidPolicyError',
        errorMessage: expect.stringMatching(/^The runtime policy is not valid/),
      });
    } finally {
      await emulated.close();
    }
  }, 90_000);

  test('runs the Node.js version of the templates', () => {
    const version = execFileSync(programs?.node ?? '', ['--version'], { encoding: 'utf8' });
    const runtimes = new Set(
      Object.keys(invocations).flatMap((name) => functionOfTemplate(name)?.runtime ?? []),
    );
    expect([...runtimes]).toEqual([`nodejs${/^v(\d+)/.exec(version)?.[1]}.x`]);
  });
});

test('covers every bundle', () => {
  const names = new Set<string>();
  for (const path of readdirSync('lambda', { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('/handler.ts')) names.add(path.split('/')[0] ?? '');
  }
  expect(Object.keys(invocations).sort()).toEqual([...names].sort());
});
