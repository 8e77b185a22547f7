import type { CheckResult } from '../check-report.ts';
import type { Account } from './account.ts';
import { type Check, type Finding, inconclusive } from './check.ts';
import { bootstrap, credentials, stacks } from './checks/account-checks.ts';
import { certificates } from './checks/certificates.ts';
import { edgeFunctions } from './checks/edge-function.ts';
import { hostedZones } from './checks/hosted-zones.ts';
import { images } from './checks/images.ts';
import { names } from './checks/names.ts';
import { reservedNames } from './checks/reserved-names.ts';
import { secrets } from './checks/secrets.ts';
import { serviceLinkedRolesExist } from './checks/service-linked-roles.ts';
import { quotas } from './checks/service-quotas.ts';
import { templates } from './checks/templates.ts';
import { databaseVersions, kafkaVersions } from './checks/versions.ts';
import type { DeploymentPlan } from './plan.ts';

/** Checks that need credentials of the right account. */
export const accountChecks: readonly Check[] = [
  bootstrap,
  serviceLinkedRolesExist,
  quotas,
  certificates,
  hostedZones,
  secrets,
  images,
  kafkaVersions,
  databaseVersions,
  stacks,
  names,
  edgeFunctions,
  templates,
];

/** Runs all checks in order. Without the right credentials, the checks that need AWS are skipped. */
export async function runChecks(plan: DeploymentPlan, account: Account): Promise<CheckResult[]> {
  const named = ({ name }: Check, findings: readonly Finding[]) =>
    findings.map((finding) => ({ name, ...finding }));
  const before = named(reservedNames, await reservedNames.run(plan, account));
  const asWho = named(credentials, await credentials.run(plan, account));
  const isRightAccount = asWho.every(({ outcome }) => outcome === 'pass');
  const results = [...before, ...asWho];
  for (const check of accountChecks) {
    results.push(
      ...named(
        check,
        isRightAccount ? await check.run(plan, account) : [inconclusive('not asked without credentials.')],
      ),
    );
  }
  return results;
}
