import { regionsOf } from '../../../config/index.ts';
import { type Check, fail, findingOf, inconclusive, mapSequentially, pass } from '../check.ts';
import { type DeploymentPlan, resourcesIn } from '../plan.ts';

/** Image tags of the services must exist in the repository of each region. */
export const images: Check = {
  name: 'images',
  run: async (plan, account) =>
    await mapSequentially(neededImages(plan), async ({ region, repository, tag }) => {
      const subject = `${repository}:${tag} in ${region}`;
      return findingOf(
        subject,
        await account.hasImage(region, repository, tag),
        (isThere) =>
          isThere
            ? pass(`${subject} is there.`)
            : fail(
                `${subject} is not in the repository; tasks would not start.`,
                'Build and push it (docs/operations.md, "First deployment", step 3), or name another with services.imageTag.',
              ),
        inconclusive(`${subject}: not yet, the first deployment of Data makes the repository.`),
      );
    }),
};

function neededImages(plan: DeploymentPlan) {
  const { environment } = plan.configuration;
  return resourcesIn(plan, 'AWS::ECR::Repository').flatMap(({ properties, stack: { region } }) => {
    const services = regionsOf(environment).find((one) => one.environment.region === region)?.environment
      .services;
    if (services === undefined || typeof properties['RepositoryName'] !== 'string') return [];
    const tags = new Set([services.imageTag, ...Object.values(services.canaryImageTags)]);
    return [...tags].map((tag) => ({ region, repository: properties['RepositoryName'] as string, tag }));
  });
}
