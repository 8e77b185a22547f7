import { evaluateQuotas, type QuotaResult } from '../../quotas/evaluate-quotas.ts';
import { byRegion } from '../../quotas/region-resources.ts';
import type { Account, LookupResult } from '../account.ts';
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

/** Quotas that their own service tells, by their names; of the others Service Quotas knows those with a code. */
const quotaMentions: Readonly<
  Record<string, (account: Account, region: string) => Promise<LookupResult<number>>>
> = {
  'Concurrent executions': (account, region) => account.concurrentExecutions(region),
  'Requests per second, all APIs': async (account, region) =>
    inside(await account.throttle(region), ({ rate }) => rate),
  'Burst of requests, all APIs': async (account, region) =>
    inside(await account.throttle(region), ({ burst }) => burst),
};

function inside<T>(reading: LookupResult<T>, take: (value: T) => number): LookupResult<number> {
  return reading.kind === 'found' ? { kind: 'found', value: take(reading.value) } : reading;
}

/** What the templates need of quotas (`npm run quotas`), against what the account has. */
export const quotas: Check = {
  name: 'quotas',
  run: async ({ stacks }, account) =>
    summarizePasses(
      await mapSequentially(evaluateQuotas(byRegion(stacks)), (quota) => judge(quota, account)),
      (count) => `${count} quotas are enough for this environment alone.`,
    ),
};

async function judge(quota: QuotaResult, account: Account): Promise<Finding> {
  const { region, need, default: byDefault, state, code, serviceCode, instead } = quota;
  const subject = `${region}: ${quota.service}, ${quota.quota}`;
  const enough = pass(subject);
  const ask =
    quotaMentions[quota.quota] ??
    (code === undefined || serviceCode === undefined
      ? undefined
      : async () => await account.quota(region, serviceCode, code));
  if (ask === undefined) {
    if (state !== 'short') return enough;
    if (instead !== undefined)
      return fail(`${subject}: ${need} needed, and there are ${byDefault}.`, instead);
    return inconclusive(
      `${subject}: ${need} needed, AWS's default is ${byDefault}, and no API says what this account has: see Service Quotas.`,
    );
  }
  return findingOf(
    subject,
    await ask(account, region),
    (value) => (value >= need ? enough : short(quota, subject, value)),
    inconclusive(`${subject}: ${need} needed, and AWS does not say what this account has.`),
  );
}

function short(quota: QuotaResult, subject: string, has: number): Finding {
  const { region, need, code, serviceCode, instead } = quota;
  const detail = `${subject}: ${need} needed, the account has ${has}.`;
  if (instead !== undefined) return fail(detail, instead);
  // A new account may have less than AWS's default, and gets that without much asking.
  const wanted = quota.requestValue ?? Math.max(need, quota.default);
  if (code === undefined) return fail(detail, `Ask AWS Support for ${wanted}.`);
  const isLambda = quota.quota === 'Concurrent executions';
  return fail(
    isLambda
      ? `${detail} This blocks: a new account has 10, and Lambda refuses a reservation that leaves fewer than 100.`
      : detail,
    `Ask for ${wanted} of "${quota.quota}" before the deployment; it takes hours to days: aws service-quotas ` +
      `request-service-quota-increase --region ${region} --service-code ${serviceCode} --quota-code ${code} --desired-value ${wanted}`,
  );
}
