/** One topic, as the catalogue has it. */
export interface TopicSettings {
  readonly partitions: number;
  readonly retentionHours: number;
  readonly cleanup: 'delete' | 'compact';
}

export type Topics = Readonly<Record<string, TopicSettings>>;

/** In Kafka's own words (https://kafka.apache.org/documentation/#topicconfigs). */
export function topicProperties({
  retentionHours,
  cleanup,
}: TopicSettings): Readonly<Record<string, string>> {
  return { 'cleanup.policy': cleanup, 'retention.ms': String(retentionHours * 3_600_000) };
}
