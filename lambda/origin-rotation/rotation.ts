import type { OriginHeaderValues } from './distribution-config.ts';

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
  current(secretId: string): Promise<string>;
  /** The text of one version; undefined where it has none yet. */
  valueOf(secretId: string, version: string): Promise<string | undefined>;
  randomValue(): Promise<string>;
  putPending(secretId: string, version: string, value: string): Promise<void>;
  /** Makes a version the current one; the one that was is the previous one from then on. */
  promote(secretId: string, version: string, former: string | undefined): Promise<void>;
}

/** The distribution, by what it sends to its origins. */
export interface OriginHeaderDistribution {
  /** Also whether every edge location does so by now. */
  sent(): Promise<OriginHeaderValues & { readonly deployed: boolean }>;
  send(value: string): Promise<void>;
}

export interface RotationPorts {
  readonly secret: RotatedSecret;
  readonly distribution: OriginHeaderDistribution;
}

/** Why a rotation does not go on. Secrets Manager tries again, and says so in CloudTrail. */
export class RotationError extends Error {
  override readonly name = 'RotationError';
}

/**
 * Carries out one step. The order is what keeps every call accepted: the origins take the current and the previous
 * value, so the new one is made current before the distribution sends it, and no version becomes current while the
 * distribution has not followed the last one. Each step may be repeated, skipped, or come late; a version that is
 * neither pending nor current is nobody's to promote.
 *
 * When rotation is switched on without a first rotation, Secrets Manager calls `testSecret` alone, with a pending version
 * that has the current value, and may leave it pending
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html, RotateImmediately). So a pending
 * value that equals the current one passes every step: it is promoted and changes nothing, and the next rotation makes a
 * new one. A version's value cannot be written twice.
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
        return await test(ports, SecretId, version);
      case 'finishSecret':
        return await finish(ports, SecretId, version);
      default:
        throw new RotationError(`${String(Step satisfies never)} is not a step of a rotation.`);
    }
  };
}

async function create(ports: RotationPorts, id: string, version: string): Promise<void> {
  const { secret } = ports;
  // A repetition after the end: what is current keeps its value.
  if (await isCurrent(secret, id, version)) return;
  await requireFollowed(ports, id);
  const value = await secret.valueOf(id, version);
  if (value === undefined || value === '') {
    await secret.putPending(id, version, await secret.randomValue());
  } else {
    // Written by an attempt that was cut short: the same call again only gives it its stage back.
    await secret.putPending(id, version, value);
  }
}

async function test({ secret }: RotationPorts, id: string, version: string): Promise<void> {
  const value = (await secret.valueOf(id, version)) ?? '';
  if (!/^[A-Za-z0-9]{32,}$/.test(value)) {
    throw new RotationError(
      'The new value is not a text of at least 32 letters and digits, as a header takes it.',
    );
  }
}

async function finish(ports: RotationPorts, id: string, version: string): Promise<void> {
  const { secret, distribution } = ports;
  const stages = await secret.stages(id);
  if (!stages[version]?.includes('AWSCURRENT')) {
    if (!stages[version]?.includes('AWSPENDING')) {
      throw new RotationError(`Version ${version} is neither pending nor current. Rotate again.`);
    }
    await test(ports, id, version);
    // What is previous now is refused as soon as another version is current.
    await requireFollowed(ports, id);
    const former = Object.keys(stages).find((one) => stages[one]?.includes('AWSCURRENT'));
    await secret.promote(id, version, former);
  }
  const current = await secret.current(id);
  const { values } = await distribution.sent();
  if (values.some((value) => value !== current)) await distribution.send(current);
}

async function isCurrent(secret: RotatedSecret, id: string, version: string): Promise<boolean> {
  const { [version]: stages = [] } = await secret.stages(id);
  return stages.includes('AWSCURRENT');
}

/**
 * Has the distribution send the current value, if it does not.
 *
 * @throws {RotationError} unless every edge location sends it by now.
 */
async function requireFollowed({ secret, distribution }: RotationPorts, id: string): Promise<void> {
  const current = await secret.current(id);
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
}
