import { edgeRegion } from '../../../compile/edge-resource-names.ts';
import { type Check, fail, findingOf, mapSequentially, pass, summarizePasses } from '../check.ts';
import { regionsIn } from '../plan.ts';

/** Identity of the credentials, and whether they are valid in every region of the environment. */
export const credentials: Check = {
  name: 'credentials',
  run: async (plan, account) =>
    await mapSequentially(regionsIn(plan), async (region) => {
      const { environment } = plan.configuration;
      const caller = await account.caller(region);
      if (caller.kind !== 'found') {
        const reason = caller.kind === 'missing' ? 'there are none.' : caller.reason;
        return fail(
          `${region}: ${reason}`,
          `Sign in (aws sso login, AWS_PROFILE or AWS_ACCESS_KEY_ID), and enable ${region} for the account where it is one to opt into.`,
        );
      }
      const { account: given, arn } = caller.value;
      if (environment.account !== undefined && environment.account !== given) {
        return fail(
          `${region}: account ${given}, and ${environment.name} belongs to ${environment.account}.`,
          `Sign in to ${environment.account}, or change account in lib/config/environments/${environment.name}.ts.`,
        );
      }
      return pass(`${region}: account ${given}, as ${arn}.`);
    }),
};

/** Bootstrap stack of the CDK in every region of the environment and in the edge region. */
export const bootstrap: Check = {
  name: 'bootstrap',
  run: async (plan, account) => {
    const needs = new Map<string, { parameter: string; version: number }>();
    for (const { region, bootstrap: need } of plan.stacks) {
      if (need !== undefined && need.version > (needs.get(region)?.version ?? 0)) needs.set(region, need);
    }
    return await mapSequentially([...needs], async ([region, { parameter, version }]) => {
      const why = region === edgeRegion ? ' CloudFront and its firewall are made there.' : '';
      const remedy =
        'Outside of the project, so that nothing is synthesised: ' +
        `cd "$(mktemp -d)" && npx --prefix "$OLDPWD" cdk bootstrap aws://ACCOUNT/${region}`;
      return findingOf(
        region,
        await account.parameter(region, parameter),
        (value) =>
          Number(value) >= version
            ? pass(`${region}: version ${value}, at least ${version} is needed.`)
            : fail(`${region}: version ${value}, at least ${version} is needed.`, remedy),
        fail(`${region}: the parameter ${parameter} does not exist.${why}`, remedy),
      );
    });
  },
};

/**
 * States from which a deployment can start. CloudFormation itself removes a stack whose first creation was rolled back.
 */
const startable = /^(CREATE|UPDATE|IMPORT|UPDATE_ROLLBACK|IMPORT_ROLLBACK|ROLLBACK)_COMPLETE$/;

/** Existing stacks must belong to this project and be in a state that allows a deployment. */
export const stacks: Check = {
  name: 'stacks',
  run: async ({ stacks: planned, configuration: { environment } }, account) =>
    summarizePasses(
      await mapSequentially(planned, async ({ name, region }) =>
        findingOf(
          name,
          await account.stack(region, name),
          ({ status, tags }) => {
            if (tags['application'] !== 'gatehouse' || tags['environment'] !== environment.name) {
              return fail(
                `${name} in ${region} is not of this environment: its tags say otherwise.`,
                'Delete that stack, or deploy into another account.',
              );
            }
            if (status.endsWith('IN_PROGRESS')) {
              return fail(`${name} in ${region} is ${status}.`, 'Wait until it has ended, then try again.');
            }
            return startable.test(status)
              ? pass(name)
              : fail(
                  `${name} in ${region} is ${status}, and cannot be deployed from there.`,
                  status === 'UPDATE_ROLLBACK_FAILED'
                    ? `aws cloudformation continue-update-rollback --region ${region} --stack-name ${name}`
                    : `aws cloudformation delete-stack --region ${region} --stack-name ${name}`,
                );
          },
          pass(name),
        ),
      ),
      (count) => `${count} stacks are new, or in a state to be deployed.`,
    ),
};
