import type { StackTemplate } from '../../quotas/region-resources.ts';
import type { Account, TemplateSource } from '../account.ts';
import {
  type Check,
  type Finding,
  fail,
  findingOf,
  inconclusive,
  mapSequentially,
  pass,
  summarizePasses,
} from '../check.ts';

/** Maximum template size in a request ("Understand CloudFormation quotas", CloudFormation guide). */
const largestBody = 51_200;
/** Maximum template size in a bucket. */
const largestTemplate = 1_000_000;

/**
 * CloudFormation validates every template. A template that is too large for a request is read from the upload location
 * of `cdk deploy`, if it exists there; a check uploads nothing.
 */
export const templates: Check = {
  name: 'templates',
  run: async ({ stacks }, account) =>
    summarizePasses(
      await mapSequentially(stacks, async (stack) => await judge(stack, account)),
      (count) => `CloudFormation reads ${count} templates.`,
    ),
};

async function judge(
  { name, region, template, uploadUrl }: StackTemplate,
  account: Account,
): Promise<Finding> {
  const body = JSON.stringify(template);
  const bytes = Buffer.byteLength(body);
  if (bytes > largestTemplate) {
    return fail(`${name} has ${bytes} bytes; CloudFormation takes ${largestTemplate}.`, 'Split the stack.');
  }
  const source = bytes <= largestBody ? { body } : await uploaded(uploadUrl, region, account);
  const tooLarge = `${name}: ${bytes} bytes, a request takes ${largestBody}, and its copy in the bootstrap bucket`;
  if (source === undefined) return inconclusive(`${tooLarge} has no address.`);
  return findingOf(
    name,
    await account.templateFault(region, source),
    (fault) =>
      fault === undefined
        ? pass(name)
        : fail(
            `${name}: ${fault}`,
            'CloudFormation would refuse the change set: fix the construct that generates it.',
          ),
    inconclusive(`${tooLarge} is not there yet; the deployment's change set tells.`),
  );
}

async function uploaded(
  url: string | undefined,
  region: string,
  account: Account,
): Promise<TemplateSource | undefined> {
  const caller = await account.caller(region);
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url ?? '') ?? [];
  if (caller.kind !== 'found' || bucket === undefined || key === undefined) return undefined;
  const named = bucket.replaceAll(/\$\{AWS::AccountId\}/g, caller.value.account);
  return { url: `https://${named}.s3.${region}.amazonaws.com/${key}` };
}
