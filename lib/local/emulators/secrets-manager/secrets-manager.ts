import { renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { nested, readResources, resourceType } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { makeStateFolder, readOrCreate, readState } from '../../run/state-folder.ts';
import { readBody, serveOnLoopback } from '../http/loopback-server.ts';

/** The secrets of the templates, served through the Secrets Manager API. */
export interface SecretsManager {
  /** For `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  readonly url: string;
  /**
   * The current value of a secret.
   *
   * @param id its name, or a string that contains its reference.
   * @throws {Error} when the secret does not exist.
   */
  value(id: string): string;
  close(): void;
}

const lettersAndDigits = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

const secretType = resourceType({
  type: 'AWS::SecretsManager::Secret',
  emulated: {
    Name: z.string().optional(),
    SecretString: z.string().optional(),
    // The defaults of GetRandomPassword in the API reference.
    GenerateSecretString: nested({
      PasswordLength: z.int().min(1).max(4096).default(32),
      ExcludePunctuation: z.boolean().default(false),
    }).default({ PasswordLength: 32, ExcludePunctuation: false }),
  },
  ignored: {
    Description: 'descriptive text has no effect locally',
    KmsKeyId: 'the local run does not encrypt data',
    ReplicaRegions: 'the local run has one region',
    Tags: 'tags have no effect locally',
  },
});

interface Secret {
  readonly id: string;
  readonly name: string;
  /** The current value, and the previous one if there is one. */
  readonly live: () => readonly [current: string, previous?: string];
  /** Stores a new current value, also for later runs. */
  readonly put: (value: string) => void;
}

/**
 * Serves GetSecretValue and PutSecretValue for the secrets of the templates. After a rotation, the previous value is
 * AWSPREVIOUS.
 *
 * @param folder the folder of generated values, which stay the same after a restart.
 * @param randomBelow a random integer from 0 to one less than its argument.
 * @throws {UnsupportedError} when a secret uses a property that is not emulated.
 */
export async function startSecretsManager(
  deployment: Deployment,
  folder: string,
  randomBelow: (limit: number) => number,
): Promise<SecretsManager> {
  const secrets = await readSecrets(deployment, folder, randomBelow);
  const find = (id: string): Secret | undefined => {
    const referred = deployment.byReference(id)?.id;
    return secrets.find((secret) => secret.name === id || secret.id === referred);
  };

  const server = await serveOnLoopback((request, response) => {
    void readBody(request)
      .then((body) => answer(request, body.toString(), find))
      .catch(() => failure('InvalidRequestException', 'The request cannot be read.'))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(body));
      });
  });
  return {
    ...server,
    value(id) {
      const secret = find(id);
      if (secret === undefined) throw new Error(`Secret ${id} does not exist in the templates.`);
      return secret.live()[0];
    },
  };
}

async function readSecrets(
  deployment: Deployment,
  folder: string,
  randomBelow: (limit: number) => number,
): Promise<readonly Secret[]> {
  const findings = new UnsupportedFeatures();
  const read = readResources(deployment, secretType, findings);
  findings.throwIfAny();
  makeStateFolder(folder);
  return await Promise.all(
    read.map(async ({ resource, properties }) => {
      const name = properties.Name ?? resource.id;
      const { GenerateSecretString: parsed } = properties;
      const file = encodeURIComponent(name);
      const generated =
        properties.SecretString ??
        (await readOrCreate({
          folder,
          name: file,
          make: async () => password(parsed, randomBelow),
          fault: (text) =>
            text.length === parsed.PasswordLength && /^[!-~]+$/.test(text)
              ? undefined
              : `it does not contain a secret of ${parsed.PasswordLength} characters`,
        }));
      return { id: resource.id, name, ...versionsOf(generated, join(folder, `${file}.rotated`)) };
    }),
  );
}

/** @param file holds the current and the previous value as a JSON list. */
function versionsOf(generated: string, file: string): Pick<Secret, 'live' | 'put'> {
  const live: Secret['live'] = () =>
    readState(file, (text) => z.tuple([z.string().min(1), z.string().min(1)]).parse(JSON.parse(text))) ?? [
      generated,
    ];
  live(); // A file that cannot be read stops the start, not a later call.
  return {
    live,
    put: (value) => {
      const draft = `${file}.draft`;
      writeFileSync(draft, JSON.stringify([value, live()[0]]), { mode: 0o600 });
      renameSync(draft, file);
    },
  };
}

function password(
  parsed: { readonly PasswordLength: number; readonly ExcludePunctuation: boolean },
  randomBelow: (limit: number) => number,
): string {
  const characters = parsed.ExcludePunctuation ? lettersAndDigits : lettersAndDigits + punctuation;
  const pick = () => characters.charAt(randomBelow(characters.length));
  return Array.from({ length: parsed.PasswordLength }, pick).join('');
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const stages = ['AWSCURRENT', 'AWSPREVIOUS'];
const getBody = z.object({ SecretId: z.string(), VersionStage: z.string().default('AWSCURRENT') });
const putBody = z.object({ SecretId: z.string(), SecretString: z.string().min(1) });

function answer(
  { headers }: IncomingMessage,
  text: string,
  find: (id: string) => Secret | undefined,
): Answer {
  const action = String(headers['x-amz-target']);
  const isPut = action === 'secretsmanager.PutSecretValue';
  if (!isPut && action !== 'secretsmanager.GetSecretValue') {
    return failure('UnknownOperationException', `${action} is not emulated.`);
  }
  if (headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true) {
    return failure('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  return isPut ? put(JSON.parse(text), find) : get(JSON.parse(text), find);
}

function get(input: unknown, find: (id: string) => Secret | undefined): Answer {
  const parsed = getBody.safeParse(input);
  if (!parsed.success) return failure('ValidationException', parsed.error.message);
  const { SecretId, VersionStage } = parsed.data;
  const secret = find(SecretId);
  // A secret without a rotation has no AWSPREVIOUS.
  const value = secret?.live()[stages.indexOf(VersionStage)];
  if (secret === undefined || value === undefined) return notThere;
  const body = { ARN: secret.id, Name: secret.name, SecretString: value, VersionStages: [VersionStage] };
  return { status: 200, body };
}

function put(input: unknown, find: (id: string) => Secret | undefined): Answer {
  const parsed = putBody.safeParse(input);
  if (!parsed.success) return failure('ValidationException', parsed.error.message);
  const secret = find(parsed.data.SecretId);
  if (secret === undefined) return notThere;
  secret.put(parsed.data.SecretString);
  return { status: 200, body: { ARN: secret.id, Name: secret.name, VersionStages: ['AWSCURRENT'] } };
}

const failure = (type: string, message: string): Answer => ({
  status: 400,
  body: { __type: type, Message: message },
});

const notThere = failure(
  'ResourceNotFoundException',
  "Secrets Manager can't find the specified secret value.",
);
