import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type UsagePlanSettings, usagePlanSettings } from '../../../lambda/partner-plans/contract.ts';
import { patchOperations } from '../../../lambda/partner-plans/usage-plan-patch.ts';
import { patchedLimits } from '../../../lib/local/emulators/rest-api/control-plane.ts';

const count = fc.integer({ min: 1, max: 2 ** 40 });
const native = fc
  .record({
    requestsPerMonth: fc.option(count),
    rate: fc.option(
      fc.record({ requests: count, periodSeconds: fc.integer({ min: 1, max: 86_400 }), burst: count }),
      { nil: undefined },
    ),
  })
  .map(usagePlanSettings);

const asTerms = ({ throttle, quota }: UsagePlanSettings) => ({
  throttle: throttle ?? undefined,
  quota: quota ?? undefined,
});

test('the patch operations of the function turn any usage plan into any other, by the rules of UpdateUsagePlan', () => {
  fc.assert(
    fc.property(native, native, (is, wanted) => {
      const operations = patchOperations(is, wanted);
      expect(patchedLimits(asTerms(is), operations)).toEqual(asTerms(wanted));
      expect(patchOperations(wanted, wanted)).toEqual([]);
    }),
  );
});

test.each([
  [{ op: 'replace', path: '/quota/limit', value: '1' }, 'has no value to replace'],
  [{ op: 'add', path: '/quota/limit', value: '1' }, 'quota is not complete'],
  [{ op: 'add', path: '/quota/offset', value: '1' }, 'Invalid patch path'],
  [{ op: 'remove', path: '/name' }, 'Invalid patch path'],
  [{ op: 'add', path: '/throttle/rateLimit', value: 'x' }, 'Invalid value'],
] as const)('the operation %j is refused', (operation, fault) => {
  expect(patchedLimits({}, [operation])).toContain(fault);
});
