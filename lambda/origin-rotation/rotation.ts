import type { SentValue } from './distribution-config.ts';

/** What Secrets Manager sends for each of the four steps of a rotation ("Rotation by Lambda function", user guide). */
export interface RotationEvent {
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  readonly SecretId: string;
  /** Id of the version that is to become current. */
  readonly ClientRequestToken: string;
}

/** The secret, by the words of Secrets Manager's API. */
export interface RotatedSecret {
  /** Stages of each version, by the version's id. */
  stages(secretId: string): Promise<Readonly<Record<string, readonly string[]>>>;
  value(secretId: string, stage: 'AWSCURRENT' | 'AWSPENDING'): Promise<string>;
  randomValue(): Promise<string>;
  putPending(secretId: string, version: string, value: string): Promise<void>;
  /** Makes a version the current one; the one that was is the previous one from then on. */
  promote(secretId: string, version: string, former: string | undefined): Promise<void>;
}

/** The distribution, by what it sends to its origins. */
export interface SendingDistribution {
  /** Also whether every edge location does so by now. */
  sent(): Promise<SentValue & { readonly deployed: boolean }>;
  send(value: string): Promise<void>;
}

export interface RotationPorts {
  readonly secret: RotatedSecret;
  readonly distribution: SendingDistribution;
}

/** Why a rotation does not go on. Secrets Manager tries again, and says so in CloudTrail. */
export class RotationError extends Error {
  override readonly name = 'RotationError';
}

/**
 * Carries out one step. The order is what keeps every call accepted: the origins take the current and the previous
 * value, so the new one is made current before the distribution sends it, and no rotation begins while the distribution
 * has not followed the last one. Each step may be repeated.
 *
 * @throws {RotationError} where going on would have calls refused.
 */
export function createRotation(ports: RotationPorts): (event: RotationEvent) => Promise<void> {
  return async ({ Step, SecretId, ClientRequestToken: version }) => {
    switch (Step) {
      case 'createSecret':
        return await create(ports, SecretId, version);
      case 'setSecret':
        // The origins read the secret themselves.
        return;
      case 'testSecret':
        return await test(ports, SecretId);
      case 'finishSecret':
        return await finish(ports, SecretId, version);
      default:
        throw new RotationError(`${String(Step satisfies never)} is no step of a rotation.`);
    }
  };
}

async function create({ secret, distribution }: RotationPorts, id: string, version: string): Promise<void> {
  const current = await secret.value(id, 'AWSCURRENT');
  const { values, deployed } = await distribution.sent();
  if (values.length === 0) throw new RotationError('The distribution sends no origin secret at all.');
  if (values.some((value) => value !== current)) {
    // The last rotation was cut short, or somebody has written the secret by hand.
    await distribution.send(current);
    throw new RotationError(
      'The distribution had not followed the last change; it does now. Rotate again later.',
    );
  }
  if (!deployed) {
    throw new RotationError('Not every edge location sends the current value yet. Rotate again later.');
  }
  const { [version]: stages = [] } = await secret.stages(id);
  // A repetition after the end: what is current keeps its value.
  if (stages.includes('AWSCURRENT')) return;
  if (stages.includes('AWSPENDING') && (await hasValue(secret, id))) return;
  await secret.putPending(id, version, await secret.randomValue());
}

async function hasValue(secret: RotatedSecret, id: string): Promise<boolean> {
  return await secret.value(id, 'AWSPENDING').then(
    (value) => value !== '',
    () => false,
  );
}

async function test({ secret }: RotationPorts, id: string): Promise<void> {
  const [current, pending] = await Promise.all([
    secret.value(id, 'AWSCURRENT'),
    secret.value(id, 'AWSPENDING'),
  ]);
  if (!/^[A-Za-z0-9]{32,}$/.test(pending)) {
    throw new RotationError(
      'The new value is no text of at least 32 letters and digits, as a header takes it.',
    );
  }
  if (pending === current) throw new RotationError('The new value is the current one.');
}

async function finish({ secret, distribution }: RotationPorts, id: string, version: string): Promise<void> {
  const stages = await secret.stages(id);
  const former = Object.keys(stages).find((one) => stages[one]?.includes('AWSCURRENT'));
  if (former !== version) await secret.promote(id, version, former);
  const current = await secret.value(id, 'AWSCURRENT');
  const { values } = await distribution.sent();
  if (values.some((value) => value !== current)) await distribution.send(current);
}
