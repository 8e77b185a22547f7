import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type ReceivedCall,
  startTestHttpServer,
  type TestAnswer,
  type TestHttpServer,
} from '../../runtime/http/testing/test-server.ts';
import { createOriginHeaderDistribution } from './aws-distribution.ts';
import { createRotatedSecret } from './aws-secret.ts';
import { originHeaderValues } from './distribution-config.ts';
import { createRotation, type RotationEvent } from './rotation.ts';

const header = 'x-gw-origin-secret';
const first = 'a'.repeat(64);

/** Secrets Manager and CloudFront on loopback, with the calls of a rotation. */
class Aws {
  versions = new Map([['v1', { value: first, stages: ['AWSCURRENT'] }]]);
  config = origins(first, first);
  etag = 1;
  status = 'Deployed';
  /** Values that the distribution has sent, oldest first. */
  sent: string[] = [];
  /** What edge locations send: during an update, some send the former value. */
  edges = new Set([first]);
  failUpdates = 0;
  /** Whether an update is in progress until `deploy`. */
  takesTime = false;
  #server: TestHttpServer | undefined;

  async start(): Promise<string> {
    this.#server = await startTestHttpServer((call) => this.#answer(call));
    return this.#server.url;
  }

  deploy(): void {
    this.status = 'Deployed';
    this.edges = new Set(originHeaderValues(this.config, header).values);
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

  #answer({ method, url, headers: sent, body }: ReceivedCall): TestAnswer {
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
      this.sent.push(...originHeaderValues(body, header).values);
      for (const value of originHeaderValues(body, header).values) this.edges.add(value);
      if (this.takesTime) this.status = 'InProgress';
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
        // A version without a stage is deprecated, and not listed.
        return ok({
          VersionIdsToStages: Object.fromEntries(
            [...this.versions]
              .filter(([, { stages }]) => stages.length > 0)
              .map(([id, { stages }]) => [id, stages]),
          ),
        });
      case 'secretsmanager.GetSecretValue': {
        const byId = this.versions.get(input['VersionId'] ?? '');
        const found = input['VersionId'] === undefined ? staged(input['VersionStage'])?.[1] : byId;
        return found === undefined
          ? { status: 400, body: '{"__type":"ResourceNotFoundException"}' }
          : ok({ SecretString: found.value });
      }
      case 'secretsmanager.PutSecretValue': {
        const [id = '', value = ''] = [input['ClientRequestToken'], input['SecretString']];
        const known = this.versions.get(id);
        if (known !== undefined) {
          return known.value === value
            ? ok({})
            : { status: 400, body: '{"__type":"ResourceExistsException"}' };
        }
        for (const version of this.versions.values()) {
          version.stages = version.stages.filter((stage) => stage !== 'AWSPENDING');
        }
        this.versions.set(id, { value, stages: ['AWSPENDING'] });
        return ok({});
      }
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
    distribution: createOriginHeaderDistribution(credentials, {
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
  test('makes the distribution send the new value to every origin, and keeps the former one live', async () => {
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

  test('does not start while the distribution is still being updated', async () => {
    await rotate('v2');
    aws.status = 'InProgress';
    await expect(step('createSecret', 'v3')).rejects.toThrow('Not every edge location');
    aws.status = 'Deployed';
    await rotate('v3');
    expect(aws.accepted()).toEqual(
      expect.arrayContaining([...originHeaderValues(aws.config, header).values]),
    );
  });

  test('repairs the state of an interrupted rotation, and starts later', async () => {
    for (const one of steps.slice(0, 3)) await step(one, 'v2');
    aws.failUpdates = 1;
    await expect(step('finishSecret', 'v2')).rejects.toThrow('(503)');
    expect(originHeaderValues(aws.config, header).values).toEqual([first]);
    await expect(step('createSecret', 'v3')).rejects.toThrow('did not send the current value');
    expect(aws.accepted()).toEqual(
      expect.arrayContaining([...originHeaderValues(aws.config, header).values]),
    );
    expect(originHeaderValues(aws.config, header).values).not.toEqual([first]);
    await rotate('v3');
  });

  test('refuses a distribution that sends no secret', async () => {
    aws.config = '<DistributionConfig/>';
    await expect(step('createSecret', 'v2')).rejects.toThrow('no origin secret');
  });

  const pendingLikeCurrent = () => {
    aws.versions.set('probe', { value: first, stages: ['AWSPENDING'] });
  };

  test('passes the test of its configuration, whose pending value is the current one', async () => {
    pendingLikeCurrent();
    await step('testSecret', 'probe');
    expect(aws.sent).toEqual([]);
    expect(aws.accepted()).toEqual([first]);
  });

  test('continues with that version when it is left pending, and the next rotation changes the value', async () => {
    pendingLikeCurrent();
    await rotate('probe');
    expect(new Set(aws.accepted())).toEqual(new Set([first]));
    await rotate('v2');
    expect(originHeaderValues(aws.config, header).values).not.toEqual([first]);
    expect(aws.accepted()).toEqual(
      expect.arrayContaining([first, ...originHeaderValues(aws.config, header).values]),
    );
  });

  test('starts beside that version when it is left pending', async () => {
    pendingLikeCurrent();
    await rotate('v2');
    expect(aws.versions.get('v2')?.stages).toEqual(['AWSCURRENT']);
    await expect(step('finishSecret', 'probe')).rejects.toThrow('neither pending nor current');
  });

  test('promotes no version that was current before', async () => {
    await rotate('v2');
    await rotate('v3');
    await expect(step('finishSecret', 'v2')).rejects.toThrow('neither pending nor current');
    await step('finishSecret', 'v3');
    await step('createSecret', 'v3');
    await step('testSecret', 'v3');
    expect(aws.versions.get('v3')?.stages).toEqual(['AWSCURRENT']);
  });

  test('makes every edge location send what the origins accept, in any interleaving of steps', async () => {
    const versions = ['probe', 'v2', 'v3', 'v4'] as const;
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.tuple(fc.constantFrom(...steps), fc.constantFrom(...versions), fc.boolean()),
      },
      { weight: 2, arbitrary: fc.constant('deploy' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 24 }), fc.boolean(), async (plan, isProbed) => {
        aws.versions = new Map([['v1', { value: first, stages: ['AWSCURRENT'] }]]);
        if (isProbed) pendingLikeCurrent();
        aws.config = origins(first);
        aws.takesTime = true;
        aws.deploy();
        const expectAccepted = () => expect(aws.accepted()).toEqual(expect.arrayContaining([...aws.edges]));
        for (const each of plan) {
          if (each === 'deploy') aws.deploy();
          else {
            aws.failUpdates = each[2] ? 1 : 0;
            await step(each[0], each[1]).catch(() => undefined);
          }
          expectAccepted();
        }
        aws.failUpdates = 0;
        aws.deploy();
        // The distribution finishes its update with the first attempt, if it has not; then a rotation
        // completes.
        await step('createSecret', 'fresh').catch(() => undefined);
        aws.deploy();
        const before = aws.versions.get('fresh')?.stages ?? [];
        expect(before).not.toContain('AWSCURRENT');
        await rotate('fresh');
        expectAccepted();
        aws.deploy();
        expect(aws.versions.get('fresh')?.stages).toEqual(['AWSCURRENT']);
        expect([...aws.edges]).toEqual([aws.versions.get('fresh')?.value]);
      }),
      { numRuns: 60 },
    );
  });
});
