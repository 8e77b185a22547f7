import { describe, expect, test } from 'vitest';
import { statementsOf } from '../support/policy-statements.ts';
import { environmentNames, resourcesOf } from '../support/synth.ts';
import {
  managedPolicies,
  onEveryResource,
  type WidePermission,
  wildcardActions,
} from '../support/wide-permissions.ts';

/** A permission, and the owner of the policy that grants it. */
interface Allowed {
  readonly owner: string;
  readonly action: string;
}

const allowed = environmentNames.flatMap((name) =>
  statementsOf(name).filter(({ effect }) => effect === 'Allow'),
);

const isReason = ({ actions, owners }: WidePermission, { owner, action }: Allowed) =>
  actions.includes(action) && owners.test(owner);

const written = ({ owner, action }: Allowed) => `${owner} ${action}`;

/** Permissions without a reason, and reasons without a permission. */
function compare(found: readonly Allowed[], reasons: readonly WidePermission[]) {
  const once = new Map(found.map((one) => [written(one), one]));
  const withoutReason = [...once.values()].filter((one) => !reasons.some((reason) => isReason(reason, one)));
  const withoutUse = reasons.flatMap((reason) =>
    reason.actions
      .filter((action) => !found.some((one) => one.action === action && isReason(reason, one)))
      .map((action) => `${action} of ${reason.owners.source}`),
  );
  return { withoutReason: withoutReason.map(written), withoutUse };
}

const settled = { withoutReason: [], withoutUse: [] };

describe('policies of every environment', () => {
  test('name their principals', () => {
    expect(allowed.length).toBeGreaterThan(100);
    // The environment's key admits every principal of this account, through named services only (customer-managed-key.test.ts).
    const anybody = allowed.filter(
      ({ owner, principals }) =>
        principals.includes('*') && !/^Key(-us-east-1)?\/CustomerManagedKey$/.test(owner),
    );
    expect(anybody).toEqual([]);
  });

  test('use neither NotAction nor NotResource', () => {
    // `NotAction` and `NotResource` leave these empty. A trust policy has no resource.
    const unnamed = allowed.filter(
      ({ type, actions, resources }) =>
        actions.length === 0 || (resources.length === 0 && type !== 'AWS::IAM::Role'),
    );
    expect(unnamed.map(({ owner }) => owner)).toEqual([]);
  });

  test('have no wildcard actions except those with a reason', () => {
    const found = allowed.flatMap(({ owner, actions }) =>
      actions.filter((action) => action.includes('*')).map((action) => ({ owner, action })),
    );
    expect(compare(found, wildcardActions)).toEqual(settled);
  });

  test('have no wildcard resources except those with a reason', () => {
    const found = allowed
      .filter(({ type, resources }) => type !== 'AWS::KMS::Key' && resources.includes('*'))
      .flatMap(({ owner, actions }) => actions.map((action) => ({ owner, action })));
    expect(compare(found, onEveryResource)).toEqual(settled);
  });

  test('include no managed policies of AWS except those with a reason', () => {
    const found = environmentNames.flatMap((name) =>
      resourcesOf(name).flatMap(({ stack, id, resource }) => {
        const owner = `${stack}/${id.replace(/[0-9A-F]{8}$/, '')}`;
        const arns: unknown[] = resource['Properties']?.['ManagedPolicyArns'] ?? [];
        return arns.map((arn) => ({ owner, action: policyName(arn) }));
      }),
    );
    expect(compare(found, managedPolicies)).toEqual(settled);
  });
});

/** The policy's name in an ARN that an intrinsic function may have joined. */
function policyName(arn: unknown): string {
  return /:policy\/([\w/-]+)/.exec(JSON.stringify(arn))?.[1] ?? JSON.stringify(arn);
}
