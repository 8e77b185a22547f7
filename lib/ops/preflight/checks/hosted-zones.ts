import { type Check, fail, findingOf, mapSequentially, pass } from '../check.ts';
import { resourcesIn } from '../plan.ts';

/**
 * Hosted zones in which templates create records must exist, be public, and be the parents of the records.
 */
export const hostedZones: Check = {
  name: 'hosted-zones',
  run: async (plan, account) => {
    const zones = new Map<string, Set<string>>();
    for (const { properties } of resourcesIn(plan, 'AWS::Route53::RecordSet')) {
      const { HostedZoneId: id, Name: name } = properties;
      if (typeof id !== 'string' || typeof name !== 'string') continue;
      zones.set(id, (zones.get(id) ?? new Set()).add(withoutDot(name)));
    }
    return await mapSequentially([...zones], async ([id, names]) =>
      findingOf(
        id,
        await account.hostedZone(id),
        (zone) => {
          const zoneName = withoutDot(zone.name);
          const foreign = [...names].filter((name) => name !== zoneName && !name.endsWith(`.${zoneName}`));
          if (zone.isPrivate) {
            return fail(
              `${id} (${zoneName}) is private, and clients look names up in public.`,
              'Name the public zone in edge.domain.hostedZone or api.domain.hostedZone.',
            );
          }
          return foreign.length === 0
            ? pass(`${id} is ${zoneName}.`)
            : fail(
                `${id} is ${zoneName}, and cannot hold ${foreign.join(', ')}.`,
                'Name the id of the zone that the name belongs to.',
              );
        },
        fail(
          `${id} does not exist in this account; ${[...names].join(', ')} would be entered there.`,
          'Take the id from aws route53 list-hosted-zones, or leave hostedZone out and enter the name elsewhere.',
        ),
      ),
    );
  },
};

function withoutDot(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
