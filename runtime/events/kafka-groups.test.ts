import { randomUUID } from 'node:crypto';
import kafkajs, { type Consumer, type Kafka } from 'kafkajs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

const brokers = process.env['KAFKA_BROKERS'];
const note = brokers === undefined ? ' (skipped: no KAFKA_BROKERS; run it by test/support/kafka.mjs)' : '';

const uniqueName = (what: string) => `${what}-${randomUUID()}`;

/**
 * Shows why each event source mapping has a separate group: how a real Kafka rebalances six readers of six
 * topics in one group.
 */
describe.runIf(brokers !== undefined)(`six consumers of a topic each, on a real Kafka${note}`, () => {
  const topics = Array.from({ length: 6 }, (_, index) => `${uniqueName('group')}-${index}`);
  const consumers: Consumer[] = [];
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = new kafkajs.Kafka({ brokers: (brokers ?? '').split(','), logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
    await admin.disconnect();
  }, 60_000);
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()));
  }, 60_000);

  /**
   * Starts the consumers one after another, as mappings are created, and counts how often each had to join.
   */
  async function joinsOf(groupOf: (topic: string) => string): Promise<readonly number[]> {
    const joins = topics.map(() => 0);
    for (const [index, topic] of topics.entries()) {
      const consumer = kafka.consumer({
        groupId: groupOf(topic),
        heartbeatInterval: 100,
        sessionTimeout: 10_000,
      });
      consumers.push(consumer);
      const joined = new Promise<void>((resolve) => {
        consumer.on('consumer.group_join', () => {
          joins[index] = (joins[index] ?? 0) + 1;
          resolve();
        });
      });
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({ eachMessage: async () => {} });
      await joined;
    }
    return joins;
  }

  test('in one group, members stop and join again for each new member', async () => {
    const group = uniqueName('shared');
    const joins = await joinsOf(() => group);
    expect(joins[0]).toBeGreaterThan(1);
    expect(joins.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(topics.length);
  }, 120_000);

  test('in separate groups, each member joins once', async () => {
    const prefix = uniqueName('own');
    expect(await joinsOf((topic) => `${prefix}-${topic}`)).toEqual(topics.map(() => 1));
  }, 120_000);
});
