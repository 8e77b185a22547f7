/** Settings of a topic, from the catalogue. */
export interface TopicSettings {
  readonly partitions: number;
  readonly retentionHours: number;
  readonly cleanup: 'delete' | 'compact';
}

export type Topics = Readonly<Record<string, TopicSettings>>;

/** Settings by their names in Kafka (https://kafka.apache.org/documentation/#topicconfigs). */
export function topicProperties({
  retentionHours,
  cleanup,
}: TopicSettings): Readonly<Record<string, string>> {
  return { 'cleanup.policy': cleanup, 'retention.ms': String(retentionHours * 3_600_000) };
}
