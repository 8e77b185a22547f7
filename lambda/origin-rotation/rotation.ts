import type { OriginHeaderValues } from './distribution-config.ts';

/**
 * The event of Secrets Manager for each of the four steps of a rotation ("Rotation by Lambda function", user
 * guide).
 */
export interface RotationEvent {
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  readonly SecretId: string;
  /** Id of the version that is to become current. */
  readonly ClientRequestToken: string;
}

/** The secret, in the terms of Secrets Manager's API. */
export interface RotatedSecret {
  /** Stages of each version, by the version's id. */
  stages(secretId: string): Promise<Readonly<Record<string, readonly string[]>>>;
  current(secretId: string): Promise<string>;
  /** The text of one version; undefined when it has none yet. */
  valueOf(secretId: string, version: string): Promise<string | undefined>;
  randomValue(): Promise<string>;
  putPending(secretId: string, version: string, value: string): Promise<void>;
  /** Makes a version the current one; the former one becomes the previous one. */
  promote(secretId: string, version: string, former: string | undefined): Promise<void>;
}

/** The distribution, and the values that it sends to its origins. */
export interface OriginHeaderDistribution {
  /** Also whether every edge location does so by now. */
  sent(): Promise<OriginHeaderValues & { readonly deployed: boolean }>;
  send(value: string): Promise<void>;
}

export interface RotationPorts {
  readonly secret: RotatedSecret;
  readonly distribution: OriginHeaderDistribution;
}

/** Why a rotation does not continue. Secrets Manager retries, and logs it in CloudTrail. */
export class RotationError extends Error {
  override readonly name = 'RotationError';
}

/**
 * Carries out one step. The order ensures that every call is accepted: the origins accept the current and the
 * previous value, so the new one is made current before the distribution sends it, and no version becomes
 * current while the distribution does not send the last one everywhere. Each step may be repeated, skipped,
 * or late; a version that is neither pending nor current is never promoted.
 * When rotation is enabled without a first rotation, Secrets Manager calls only `testSecret`, with a pending
 * version that has the current value, and may leave it pending
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html, RotateImmediately).
 * So a pending value that equals the current one passes every step: it is promoted and changes nothing, and
 * the next rotation makes a new one. A version's value cannot be written twice.
 *
 * @throws {RotationError} when continuing would make the origins refuse calls.
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
  // A repetition after the end: the current version keeps its value.
  if (await isCurrent(secret, id, version)) return;
  await requireDeployed(ports, id);
  const value = await secret.valueOf(id, version);
  if (value === undefined || value === '') {
    await secret.putPending(id, version, await secret.randomValue());
  } else {
    // Written by an interrupted attempt: the same call only attaches its stage again.
    await secret.putPending(id, version, value);
  }
}

async function test({ secret }: RotationPorts, id: string, version: string): Promise<void> {
  const value = (await secret.valueOf(id, version)) ?? '';
  if (!/^[A-Za-z0-9]{32,}$/.test(value)) {
    throw new RotationError(
      'The new value is not a text of at least 32 letters and digits, as the header requires.',
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
    // The origins refuse the value that is previous now as soon as another version is current.
    await requireDeployed(ports, id);
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
 * Makes the distribution send the current value, if it does not.
 *
 * @throws {RotationError} unless every edge location already sends it.
 */
async function requireDeployed({ secret, distribution }: RotationPorts, id: string): Promise<void> {
  const current = await secret.current(id);
  const { values, deployed } = await distribution.sent();
  if (values.length === 0) throw new RotationError('The distribution sends no origin secret.');
  if (values.some((value) => value !== current)) {
    // The last rotation was interrupted, or the secret was written manually.
    await distribution.send(current);
    throw new RotationError(
      'The distribution did not send the current value; it was updated now. Rotate again later.',
    );
  }
  if (!deployed) {
    throw new RotationError('Not every edge location sends the current value yet. Rotate again later.');
  }
}
