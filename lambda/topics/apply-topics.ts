import type { TopicAdmin, TopicState } from '../../runtime/events/kafka-topics.ts';
import type { TopicDefinition } from './contract.ts';

type DesiredTopics = Readonly<Record<string, TopicDefinition>>;
type CurrentTopics = Readonly<Record<string, TopicState>>;

/**
 * Creates missing topics, adds partitions and sets changed properties. Undeclared topics stay.
 *
 * @returns a line for each changed topic.
 * @throws {Error} that names every topic whose change would lose events or their order, before anything is
 * changed.
 */
export async function applyTopics(admin: TopicAdmin, wanted: DesiredTopics): Promise<readonly string[]> {
  const names = Object.keys(wanted);
  const properties = new Set(Object.values(wanted).flatMap((topic) => Object.keys(topic.properties)));
  const there = await admin.describe(names, [...properties]);
  const faults = impossibleChanges(wanted, there);
  if (faults.length > 0) throw new Error(`The topics cannot be changed like this. ${faults.join(' ')}`);
  const done: string[] = [];
  for (const [name, topic] of Object.entries(wanted)) {
    const now = there[name];
    if (now === undefined) {
      await admin.create(name, topic);
      done.push(`made ${name} with ${topic.partitions} partitions`);
      continue;
    }
    if (topic.partitions > now.partitions) {
      await admin.addPartitions(name, topic.partitions);
      done.push(`raised ${name} from ${now.partitions} to ${topic.partitions} partitions`);
    }
    const changed = Object.entries(topic.properties).filter(([key, value]) => now.properties[key] !== value);
    if (changed.length > 0) {
      await admin.setProperties(name, topic.properties);
      done.push(`set ${name} to ${changed.map(([key, value]) => `${key}=${value}`).join(', ')}`);
    }
  }
  return done;
}

function impossibleChanges(wanted: DesiredTopics, there: CurrentTopics): string[] {
  return Object.entries(wanted).flatMap(([name, { partitions, properties }]) => {
    const now = there[name];
    if (now === undefined) return [];
    const cleanup = properties['cleanup.policy'];
    return [
      ...(partitions < now.partitions
        ? [
            `${name} has ${now.partitions} partitions and cannot be lowered to ${partitions}: keep ${now.partitions} in catalogue.topics, or create a topic with another name and move its consumers.`,
          ]
        : []),
      ...(cleanup !== undefined && now.properties['cleanup.policy'] !== cleanup
        ? [
            `${name} has cleanup "${now.properties['cleanup.policy']}", which MSK Serverless sets when a topic is created: keep it, or create a topic with another name.`,
          ]
        : []),
    ];
  });
}
