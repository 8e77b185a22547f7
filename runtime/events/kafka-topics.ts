import kafkajs from 'kafkajs';
import { type KafkaCluster, openKafkaClient } from './kafka-cluster.ts';

export interface TopicState {
  readonly partitions: number;
  readonly properties: Readonly<Record<string, string>>;
}

/** Reads and changes the topics of a cluster. */
export interface TopicAdmin {
  /** The existing topics among these, with the values of the named properties. */
  describe(
    names: readonly string[],
    properties: readonly string[],
  ): Promise<Readonly<Record<string, TopicState>>>;
  create(name: string, topic: TopicState): Promise<void>;
  /** @param partitions the new total, more than now. */
  addPartitions(name: string, partitions: number): Promise<void>;
  /** Sets these properties, and resets every other one to its default. */
  setProperties(name: string, properties: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

/** Connects to a cluster's controller. Rejects when it cannot be reached. */
export async function openTopicAdmin(cluster: KafkaCluster, replicas: number): Promise<TopicAdmin> {
  const admin = openKafkaClient(cluster).kafka.admin();
  await admin.connect();
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const entries = (properties: Readonly<Record<string, string>>) =>
    Object.entries(properties).map(([name, value]) => ({ name, value }));
  return {
    async describe(names, properties) {
      // A metadata request for a topic that does not exist could create it.
      const known = new Set(await admin.listTopics());
      const there = names.filter((name) => known.has(name));
      if (there.length === 0) return {};
      const { topics } = await admin.fetchTopicMetadata({ topics: there });
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: there.map((name) => ({ type, name, configNames: [...properties] })),
      });
      return Object.fromEntries(
        topics.map(({ name, partitions }) => {
          const configs = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
          const values = configs.map(({ configName, configValue }) => [configName, configValue]);
          return [name, { partitions: partitions.length, properties: Object.fromEntries(values) }];
        }),
      );
    },
    async create(topic, { partitions, properties }) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor: replicas,
            configEntries: entries(properties),
          },
        ],
      });
    },
    async addPartitions(topic, count) {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] });
    },
    async setProperties(name, properties) {
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type, name, configEntries: entries(properties) }],
      });
    },
    close: () => admin.disconnect(),
  };
}
