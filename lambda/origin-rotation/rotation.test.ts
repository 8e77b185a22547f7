import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AnswerForTests,
  type CallForTests,
  type ServerForTests,
  serverForTests,
} from '../shared/server-for-tests.ts';
import { createSendingDistribution } from './aws-distribution.ts';
import { createRotatedSecret } from './aws-secret.ts';
import { sentValues, withSentValue } from './distribution-config.ts';
import { createRotation, type RotationEvent } from './rotation.ts';

const header = 'x-gw-origin-secret';
const first = 'a'.repeat(64);

/** Secrets Manager and CloudFront, as far as a rotation asks them, on loopback. */
class Aws {
  versions = new Map([['v1', { value: first, stages: ['AWSCURRENT'] }]]);
  config = origins(first, first);
  etag = 1;
  status = 'Deployed';
  /** Values that the distribution has sent, oldest first. */
  sent: string[] = [];
  failUpdates = 0;
  #server: ServerForTests | undefined;

  async start(): Promise<string> {
    this.#server = await serverForTests((call) => this.#answer(call));
    return this.#server.url;
  }

  stop(): void {
    this.#server?.close();
  }

  /** What the origins accept: both live values. */
  accepted(): string[] {
    return [...this.versions.values()]
      .filter(({ stages }) => stages.some((stage) => stage === 'AWSCURRENT' || stage === 'AWSPREVIOUS'))
      .map(({ value }) => value);
  }

  #answer({ method, url, headers: sent, body }: CallForTests): AnswerForTests {
    if (sent.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true) return { status: 403 };
    const target = String(sent['x-amz-target'] ?? '');
    if (target !== '') return this.#secret(target, JSON.parse(body) as Record<string, string>);
    if (method === 'PUT') {
      if (this.failUpdates > 0) {
        this.failUpdates -= 1;
        return { status: 503, body: 'later' };
      }
      if (sent['if-match'] !== `E${this.etag}`) return { status: 412, body: 'changed' };
      this.config = body;
      this.etag += 1;
      this.sent.push(...sentValues(body, header).values);
      return { status: 200, body };
    }
    const headers = { etag: `E${this.etag}` };
    return url.endsWith('/config')
      ? { status: 200, headers, body: this.config }
      : {
          status: 200,
          headers,
          body: `<Distribution><Status>${this.status}</Status>${this.config}</Distribution>`,
        };
  }

  #secret(target: string, input: Record<string, string>) {
    const ok = (answer: object) => ({ status: 200, body: JSON.stringify(answer) });
    const staged = (stage: string | undefined) =>
      [...this.versions].find(([, { stages }]) => stages.includes(stage ?? ''));
    switch (target) {
      case 'secretsmanager.DescribeSecret':
        return ok({
          VersionIdsToStages: Object.fromEntries([...this.versions].map(([id, { stages }]) => [id, stages])),
        });
      case 'secretsmanager.GetSecretValue': {
        const found = staged(input['VersionStage']);
        return found === undefined ? { status: 400, body: '{}' } : ok({ SecretString: found[1].value });
      }
      case 'secretsmanager.PutSecretValue':
        this.versions.set(input['ClientRequestToken'] ?? '', {
          value: input['SecretString'] ?? '',
          stages: ['AWSPENDING'],
        });
        return ok({});
      case 'secretsmanager.UpdateSecretVersionStage': {
        const former = this.versions.get(input['RemoveFromVersionId'] ?? '');
        const next = this.versions.get(input['MoveToVersionId'] ?? '');
        for (const version of this.versions.values())
          version.stages = version.stages.filter((stage) => stage !== 'AWSPREVIOUS');
        if (former !== undefined) former.stages = ['AWSPREVIOUS'];
        if (next !== undefined) next.stages = ['AWSCURRENT'];
        return ok({});
      }
      default:
        return { status: 400, body: `${target} is not known here.` };
    }
  }
}

const origins = (...values: string[]) =>
  `<?xml version="1.0"?><DistributionConfig><Origins>${values
    .map(
      (value) =>
        `<Origin><CustomHeaders><Items><OriginCustomHeader><HeaderName>${header}</HeaderName>` +
        `<HeaderValue>${value}</HeaderValue></OriginCustomHeader></Items></CustomHeaders></Origin>`,
    )
    .join('')}</Origins><NewerThanThis>kept &amp; whole</NewerThanThis></DistributionConfig>`;

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
let aws = new Aws();
let step: (name: RotationEvent['Step'], version: string) => Promise<void>;
beforeEach(async () => {
  aws = new Aws();
  const url = await aws.start();
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b', region: 'eu-west-1' };
  let seed = 0;
  const rotate = createRotation({
    secret: createRotatedSecret(credentials, url, (limit) => {
      seed += 7;
      return seed % limit;
    }),
    distribution: createSendingDistribution(credentials, {
      endpoint: url,
      distributionId: 'D1',
      headerName: header,
    }),
  });
  step = (Step, ClientRequestToken) => rotate({ Step, SecretId: 'origin', ClientRequestToken });
});
afterEach(() => aws.stop());

const rotate = async (version: string) => {
  for (const one of steps) await step(one, version);
};

describe('a rotation', () => {
  test('has the distribution send the new value to every origin, and keeps the former live', async () => {
    await rotate('v2');
    const [current] = aws.accepted().filter((value) => value !== first);
    expect(current).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(aws.config).toBe(origins(current ?? '', current ?? ''));
    expect(aws.accepted()).toContain(first);
  });

  test('makes a value current before it is sent', async () => {
    await step('createSecret', 'v2');
    await step('setSecret', 'v2');
    await step('testSecret', 'v2');
    expect(aws.sent).toEqual([]);
    await step('finishSecret', 'v2');
    expect(aws.accepted()).toEqual(expect.arrayContaining(aws.sent));
  });

  test('does not begin while the distribution is still following the last one', async () => {
    await rotate('v2');
    aws.status = 'InProgress';
    await expect(step('createSecret', 'v3')).rejects.toThrow('Not every edge location');
    aws.status = 'Deployed';
    await rotate('v3');
    expect(aws.accepted()).toEqual(expect.arrayContaining([...sentValues(aws.config, header).values]));
  });

  test('mends what a rotation that was cut short has left, and begins later', async () => {
    for (const one of steps.slice(0, 3)) await step(one, 'v2');
    aws.failUpdates = 1;
    await expect(step('finishSecret', 'v2')).rejects.toThrow('(503)');
    expect(sentValues(aws.config, header).values).toEqual([first]);
    await expect(step('createSecret', 'v3')).rejects.toThrow('had not followed');
    expect(aws.accepted()).toEqual(expect.arrayContaining([...sentValues(aws.config, header).values]));
    expect(sentValues(aws.config, header).values).not.toEqual([first]);
    await rotate('v3');
  });

  test('refuses a distribution that sends no secret', async () => {
    aws.config = '<DistributionConfig/>';
    await expect(step('createSecret', 'v2')).rejects.toThrow('no origin secret');
  });

  test('leaves no moment at which what is sent is not accepted, wherever it is repeated or cut short', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ step: fc.constantFrom(...steps), fails: fc.boolean() }), { maxLength: 12 }),
        async (plan) => {
          aws.versions = new Map([['v1', { value: first, stages: ['AWSCURRENT'] }]]);
          aws.config = origins(first);
          let version = 2;
          for (const { step: one, fails } of plan) {
            aws.failUpdates = fails ? 1 : 0;
            // Secrets Manager finishes only what was created and tested.
            const pending = aws.versions.get(`v${version}`) !== undefined;
            if (one !== 'createSecret' && !pending) continue;
            const done = await step(one, `v${version}`).then(
              () => true,
              () => false,
            );
            expect(aws.accepted()).toEqual(
              expect.arrayContaining([...sentValues(aws.config, header).values]),
            );
            if (one === 'finishSecret' && done) version += 1;
          }
        },
      ),
      {
        numRuns: 15,
        // Made current, not sent, and begun again.
        examples: [
          [
            [
              { step: 'createSecret', fails: false },
              { step: 'finishSecret', fails: true },
              { step: 'createSecret', fails: false },
              { step: 'createSecret', fails: false },
            ],
          ],
        ],
      },
    );
  });
});

test('a configuration keeps everything but the values of that header', () => {
  const xml = origins('one', 'two').replace(
    '</Origins>',
    '<HeaderName>x-other</HeaderName><HeaderValue>o</HeaderValue></Origins>',
  );
  expect(sentValues(xml, header).values).toEqual(['one', 'two']);
  const changed = withSentValue(xml, header.toUpperCase(), 'three');
  expect(changed).toBe(xml.replace('>one<', '>three<').replace('>two<', '>three<'));
});
