import { type Check, fail, findingOf, inconclusive, mapSequentially, pass } from '../check.ts';
import { resourcesIn } from '../plan.ts';

/** Above this utilization CloudFront may throttle a function (CloudFront guide, "Test functions"). */
const utilizationAtMost = 80;

/**
 * Runs existing CloudFront functions with TestFunction. A new function cannot be run without creating it, which a check
 * does not do.
 */
export const edgeFunctions: Check = {
  name: 'edge-function',
  run: async (plan, account) =>
    await mapSequentially(resourcesIn(plan, 'AWS::CloudFront::Function'), async ({ properties }) => {
      const { Name: name, FunctionCode: code } = properties;
      if (typeof name !== 'string') return [];
      const after = 'try it with aws cloudfront test-function (docs/operations.md, "The edge")';
      return findingOf(
        name,
        await account.edgeFunction(name),
        ({ code: live, error, computeUtilization }) => {
          if (live !== code) {
            return inconclusive(`${name}: what is live is not this code; after the deployment, ${after}.`);
          }
          if (error !== undefined) {
            return fail(
              `${name} ends with "${error}": every request would be answered with 503.`,
              'Fix lib/features/edge/viewer-request, and deploy the code that is live in another environment meanwhile.',
            );
          }
          return computeUtilization > utilizationAtMost
            ? fail(
                `${name} takes ${computeUtilization} percent of the time it may take.`,
                'Remove work from lib/features/edge/viewer-request.',
              )
            : pass(`${name} runs, at ${computeUtilization} percent of the time it may take.`);
        },
        inconclusive(`${name}: not there yet; after the deployment, ${after}.`),
      );
    }),
};
