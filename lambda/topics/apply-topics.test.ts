import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openTopicAdmin, type TopicAdmin, type TopicState } from '../../runtime/events/kafka-topics.ts';
import { openKafkaCluster } from '../../runtime/events/open-event-log.ts';
import { realDependencies } from '../../runtime/events/testing/event-logs.ts';
import { applyTopics } from './apply-topics.ts';

const week = { 'cleanup.policy': 'delete', 'retention.ms': '604800000' };
const day = { ...week, 'retention.ms': '86400000' };

/** A cluster in memory that applies and records every change. */
function memoryCluster(there: Record<string, TopicState> = {}) {
  const changes: string[] = [];
  const admin: TopicAdmin = {
    describe: async (names) =>
      Object.fromEntries(Object.entries(there).filter(([name]) => names.includes(name))),
    async create(name, topic) {
      changes.push(`create ${name}`);
      there[name] = topic;
    },
    async addPartitions(name, partitions) {
      changes.push(`partitions ${name} ${partitions}`);
    },
    async setProperties(name, properties) {
      changes.push(`properties ${name} ${JSON.stringify(properties)}`);
    },
    close: async () => {},
  };
  return { admin, changes };
}

describe('topics', () => {
  test('are created when missing, and not touched when correct', async () => {
    const { admin, changes } = memoryCluster({ a: { partitions: 3, properties: week } });
    const wanted = { a: { partitions: 3, properties: week }, b: { partitions: 6, properties: day } };
    expect(await applyTopics(admin, wanted)).toEqual(['made b with 6 partitions']);
    expect(await applyTopics(admin, wanted)).toEqual([]);
    expect(changes).toEqual(['create b']);
  });

  test('grow, and get new settings', async () => {
    const { admin, changes } = memoryCluster({ a: { partitions: 3, properties: week } });
    expect(await applyTopics(admin, { a: { partitions: 6, properties: day } })).toEqual([
      'raised a from 3 to 6 partitions',
      'set a to retention.ms=86400000',
    ]);
    expect(changes).toEqual(['partitions a 6', `properties a ${JSON.stringify(day)}`]);
  });

  test('neither shrink nor change their cleanup policy, and then nothing is changed at all', async () => {
    const { admin, changes } = memoryCluster({
      a: { partitions: 6, properties: week },
      b: { partitions: 3, properties: week },
    });
    const wanted = {
      a: { partitions: 3, properties: week },
      b: { partitions: 3, properties: { ...week, 'cleanup.policy': 'compact' } },
      c: { partitions: 1, properties: week },
    };
    await expect(applyTopics(admin, wanted)).rejects.toThrow(
      /a has 6 partitions and cannot be lowered to 3: keep 6 in catalogue\.topics.*b has cleanup "delete"/,
    );
    expect(changes).toEqual([]);
  });
});

const brokers = process.env['KAFKA_BROKERS'];
const reason =
  brokers === undefined ? ' (skipped: KAFKA_BROKERS is not set, see test/support/kafka.mjs)' : '';

test.skipIf(brokers === undefined)(`are applied by a real broker${reason}`, async () => {
  const cluster = openKafkaCluster(`kafka://${brokers}`, realDependencies);
  if (cluster === null) throw new Error('no cluster');
  const admin = await openTopicAdmin(cluster, 1);
  const name = `t-${randomUUID()}`;
  const state = async () => (await admin.describe([name], Object.keys(week)))[name];
  expect(await state()).toBeUndefined();
  await applyTopics(admin, { [name]: { partitions: 2, properties: week } });
  expect(await state()).toEqual({ partitions: 2, properties: week });
  expect(await applyTopics(admin, { [name]: { partitions: 2, properties: week } })).toEqual([]);
  await applyTopics(admin, { [name]: { partitions: 4, properties: day } });
  expect(await state()).toEqual({ partitions: 4, properties: day });
  await expect(applyTopics(admin, { [name]: { partitions: 2, properties: day } })).rejects.toThrow(
    `${name} has 4 partitions and cannot be lowered to 2`,
  );
  await admin.close();
});
