import { type JudgedQuota, judgeQuotas } from '../../quotas/judge-quotas.ts';
import { byRegion } from '../../quotas/region-resources.ts';
import type { Account } from '../account.ts';
import { type Check, cannotTell, type Finding, fail, findingOf, inTurn, pass, summed } from '../check.ts';

const concurrentExecutions = 'L-B99A9384';

/** What the templates need of quotas (`npm run quotas`), against what the account has. */
export const quotas: Check = {
  name: 'quotas',
  run: async ({ stacks }, account) =>
    summed(
      await inTurn(judgeQuotas(byRegion(stacks)), (quota) => judge(quota, account)),
      (count) => `${count} quotas are enough for this environment alone.`,
    ),
};

async function judge(quota: JudgedQuota, account: Account): Promise<Finding> {
  const { region, need, default: byDefault, state, code, serviceCode, instead } = quota;
  const subject = `${region}: ${quota.service}, ${quota.quota}`;
  const enough = pass(subject);
  if (code === undefined || serviceCode === undefined) {
    if (state !== 'short') return enough;
    if (instead !== undefined)
      return fail(`${subject}: ${need} needed, and there are ${byDefault}.`, instead);
    return cannotTell(
      `${subject}: ${need} needed, AWS's default is ${byDefault}, and no API says what this account has: see Service Quotas.`,
    );
  }
  const has =
    code === concurrentExecutions
      ? await account.concurrentExecutions(region)
      : await account.quota(region, serviceCode, code);
  return findingOf(
    subject,
    has,
    (value) => (value >= need ? enough : short(quota, subject, value)),
    cannotTell(`${subject}: Service Quotas does not know ${code}.`),
  );
}

function short(
  { region, need, code, serviceCode, askFor, quota }: JudgedQuota,
  subject: string,
  has: number,
) {
  const wanted = askFor ?? need;
  const why =
    code === concurrentExecutions
      ? ' A new account has 10, Lambda keeps 100 for functions that reserve none, and the deployment is refused.'
      : '';
  return fail(
    `${subject}: ${need} needed, the account has ${has}.${why}`,
    `Ask for ${wanted} of "${quota}" before the deployment; it takes hours to days: aws service-quotas ` +
      `request-service-quota-increase --region ${region} --service-code ${serviceCode} --quota-code ${code} --desired-value ${wanted}`,
  );
}
