import { type Check, fail, findingOf, mapSequentially, pass } from '../check.ts';
import { type PlannedResource, resourcesIn } from '../plan.ts';

/** Kafka versions must be ACTIVE; AWS refuses new clusters with others. */
export const kafkaVersions: Check = {
  name: 'kafka-version',
  run: async (plan, account) =>
    await mapSequentially(
      distinct(resourcesIn(plan, 'AWS::MSK::Cluster'), 'KafkaVersion'),
      async ([region, version]) =>
        findingOf(
          `${version} in ${region}`,
          await account.kafkaVersions(region),
          (offered) => {
            const status = offered.get(version);
            const active = [...offered].filter(([, one]) => one === 'ACTIVE').map(([name]) => name);
            return status === 'ACTIVE'
              ? pass(`${version} is ACTIVE in ${region}.`)
              : fail(
                  `${version} is ${status ?? 'not offered'} in ${region}.`,
                  `Set events.kafkaVersion to one of ${active.join(', ')}.`,
                );
          },
          fail(`MSK offers no version in ${region}.`, 'Deploy into a region that has MSK.'),
        ),
    ),
};

/** Aurora versions must be offered in the region, and support a global database where one is used. */
export const databaseVersions: Check = {
  name: 'database-version',
  run: async (plan, account) => {
    const isGlobal = resourcesIn(plan, 'AWS::RDS::GlobalCluster').length > 0;
    const clusters = resourcesIn(plan, 'AWS::RDS::DBCluster');
    return await mapSequentially(
      distinct(clusters, 'Engine', 'EngineVersion'),
      async ([region, engine, version]) => {
        const subject = `${engine} ${version} in ${region}`;
        const remedy =
          `Take one of aws rds describe-db-engine-versions --region ${region} --engine ${engine}, ` +
          'in lib/features/database/database.ts.';
        return findingOf(
          subject,
          await account.databaseVersion(region, engine, version),
          ({ supportsGlobalDatabases }) =>
            isGlobal && !supportsGlobalDatabases
              ? fail(`${subject} cannot be of a global database.`, remedy)
              : pass(`${subject} is offered.`),
          fail(`${subject} is not offered.`, remedy),
        );
      },
    );
  },
};

/** Distinct values of properties, each with its region. */
function distinct(
  resources: readonly PlannedResource[],
  ...properties: readonly [string, ...string[]]
): [string, string, string][] {
  const found = resources
    .map((one) => [one.stack.region, ...properties.map((name) => one.properties[name])])
    .filter((row): row is string[] => row.every((cell) => typeof cell === 'string'));
  return [...new Map(found.map((row) => [row.join(' '), row as [string, string, string]])).values()];
}
