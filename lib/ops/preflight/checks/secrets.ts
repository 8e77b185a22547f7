import { edgeRegion } from '../../../compile/edge-resource-names.ts';
import type { Account } from '../account.ts';
import { type Check, type Finding, fail, findingOf, mapSequentially, pass } from '../check.ts';
import { type DeploymentPlan, regionsIn, resourcesIn, textsIn } from '../plan.ts';

interface NamedSecret {
  readonly region: string;
  readonly name: string;
}

/** Secrets that templates use but do not create must exist: the key of Stripe, and `secrets` of services. */
export const secrets: Check = {
  name: 'secrets',
  run: async (plan, account) => {
    const regions = [...new Set([...regionsIn(plan), edgeRegion])];
    return await mapSequentially(
      foreignSecrets(plan),
      async (secret) => await judge(secret, account, regions),
    );
  },
};

async function judge(
  { region, name }: NamedSecret,
  account: Account,
  regions: readonly string[],
): Promise<Finding> {
  const reading = await account.secret(region, name);
  const make = `aws secretsmanager create-secret --region ${region} --name ${name} --secret-string VALUE`;
  const elsewhere =
    reading.kind === 'missing'
      ? await mapSequentially(
          regions.filter((other) => other !== region),
          async (other) => ((await account.secret(other, name)).kind === 'found' ? [other] : []),
        )
      : [];
  return findingOf(
    `${name} in ${region}`,
    reading,
    ({ isDeleted, hasValue }) => {
      if (isDeleted) {
        return fail(
          `${name} in ${region} is to be deleted, and cannot be read.`,
          `aws secretsmanager restore-secret --region ${region} --secret-id ${name}`,
        );
      }
      return hasValue
        ? pass(`${name} is in ${region}.`)
        : fail(
            `${name} in ${region} has no value.`,
            `aws secretsmanager put-secret-value --region ${region} --secret-id ${name} --secret-string VALUE`,
          );
    },
    elsewhere.length > 0
      ? fail(`${name} is in ${elsewhere.join(', ')}, and its readers are in ${region}.`, make)
      : fail(`${name} does not exist in ${region}; tasks that read it would not start.`, make),
  );
}

const secretArn = /:secretsmanager:([a-z0-9-]+):[^:]*:secret:([^:}\0]+)/;
const reference = /\{\{resolve:secretsmanager:([^:}\0]+)[:}]/g;

/** Names that templates use, without those that a template creates in the region. */
function foreignSecrets(plan: DeploymentPlan): NamedSecret[] {
  const made = new Set(
    resourcesIn(plan, 'AWS::SecretsManager::Secret').flatMap(({ properties, stack }) =>
      [stack.region, ...replicaRegions(properties)].map(
        (region) => `${region} ${String(properties['Name'])}`,
      ),
    ),
  );
  const named = resourcesIn(plan).flatMap(({ properties, stack: { region } }) =>
    textsIn(properties, region).flatMap((text): NamedSecret[] => {
      const arn = secretArn.exec(text);
      return [
        ...(arn === null ? [] : [{ region: arn[1] ?? region, name: nameOf(arn[2] ?? '') }]),
        ...[...text.matchAll(reference)]
          .filter(([, name]) => name !== 'arn')
          .map(([, name = '']) => ({ region, name })),
      ];
    }),
  );
  return [...new Map(named.map((one) => [`${one.region} ${one.name}`, one]))]
    .filter(([key, { name }]) => !made.has(key) && !/[*?]/.test(name))
    .map(([, secret]) => secret);
}

function replicaRegions({ ReplicaRegions: replicas }: Readonly<Record<string, unknown>>): string[] {
  return Array.isArray(replicas)
    ? textsIn(
        replicas.map((one: { Region?: unknown }) => one.Region),
        '',
      )
    : [];
}

/** In policies, a name ends with a pattern for the six characters that Secrets Manager adds. */
function nameOf(inArn: string): string {
  return inArn.replace(/-\?{6}$/, '');
}
