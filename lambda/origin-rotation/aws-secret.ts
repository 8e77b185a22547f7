import type { AwsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { callAws, secretsManager } from '../../runtime/aws/aws-json.ts';
import { type RotatedSecret, RotationError } from './rotation.ts';

const timeoutMilliseconds = 5_000;
const valueLength = 64;
const characters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/**
 * A secret in Secrets Manager's API. There are no retries, because Secrets Manager repeats the step.
 *
 * @param endpoint Base URL, without a path.
 * @param randomBelow an unpredictable number from 0 to one less than its argument.
 */
export function createRotatedSecret(
  credentials: AwsCredentials,
  endpoint: string,
  randomBelow: (limit: number) => number,
): RotatedSecret {
  const service = secretsManager(endpoint, timeoutMilliseconds);
  const ask = async (operation: string, input: object): Promise<Readonly<Record<string, unknown>>> => {
    const { status, text } = await callAws(service, credentials, operation, input);
    return answerOf(operation, status, text);
  };
  return {
    async stages(SecretId) {
      const { VersionIdsToStages = {} } = await ask('DescribeSecret', { SecretId });
      return VersionIdsToStages as Readonly<Record<string, readonly string[]>>;
    },
    async current(SecretId) {
      const { SecretString: value } = await ask('GetSecretValue', { SecretId, VersionStage: 'AWSCURRENT' });
      return typeof value === 'string' ? value : '';
    },
    async valueOf(SecretId, VersionId) {
      const input = { SecretId, VersionId };
      const { status, text } = await callAws(service, credentials, 'GetSecretValue', input);
      // Decided by the type of the error, because AWS sends it with 400, moto with 404.
      if (status !== 200 && text.includes('ResourceNotFoundException')) return undefined;
      const { SecretString: value } = answerOf('GetSecretValue', status, text);
      return typeof value === 'string' ? value : undefined;
    },
    randomValue: () =>
      Promise.resolve(
        Array.from({ length: valueLength }, () => characters.charAt(randomBelow(characters.length))).join(''),
      ),
    async putPending(SecretId, ClientRequestToken, SecretString) {
      const VersionStages = ['AWSPENDING'];
      await ask('PutSecretValue', { SecretId, ClientRequestToken, SecretString, VersionStages });
    },
    async promote(SecretId, MoveToVersionId, RemoveFromVersionId) {
      await ask('UpdateSecretVersionStage', {
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId,
        ...(RemoveFromVersionId === undefined ? {} : { RemoveFromVersionId }),
      });
    },
  };
}

function answerOf(operation: string, status: number, text: string): Readonly<Record<string, unknown>> {
  if (status === 200) return JSON.parse(text) as Record<string, unknown>;
  throw new RotationError(`Secrets Manager refused ${operation} (${status}): ${text}`);
}
