import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEvent } from '../../../runtime/events/cloud-event.ts';
import type { EventLog } from '../../../runtime/events/event-log.ts';
import type { KafkaCluster } from '../../../runtime/events/kafka-cluster.ts';
import { createKafkaLog } from '../../../runtime/events/kafka-log.ts';
import { type KafkaPrincipal, kafkaPrincipals } from '../../support/kafka-acls.ts';
import { resourcesOf } from '../../support/synth.ts';

const plain = process.env['KAFKA_BROKERS'];
const secured = process.env['KAFKA_IAM_BROKERS'];
const hasBrokers = plain !== undefined && secured !== undefined;
const note = hasBrokers ? '' : ' (skipped: no KAFKA_IAM_BROKERS; run it by test/support/kafka.mjs)';

const topics = resourcesOf('prod').flatMap(({ resource }) =>
  resource['Type'] === 'AWS::MSK::Topic' ? [String(resource['Properties'].TopicName)] : [],
);
const principals = kafkaPrincipals('prod');
const wait = async (ms: number, signal?: AbortSignal) => {
  await sleep(ms, undefined, { signal }).catch(() => {});
};

describe('the Kafka principals of the templates', () => {
  test('are producers and consumers, each with its topics', () => {
    expect(topics.length).toBeGreaterThan(5);
    expect(principals.length).toBeGreaterThan(5);
    for (const { writes, reads } of principals) {
      for (const topic of [...writes, ...reads]) expect(topics).toContain(topic);
    }
  });
});

/** The brokers as a role reaches them: by TLS and OAUTHBEARER, with a new token for each connection. */
function clusterOf(name: string, tokens: string[] = []): KafkaCluster {
  return {
    clientId: name,
    brokers: async () => [secured ?? ''],
    createsTopics: false,
    token: async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const seconds = Math.floor(Date.now() / 1_000);
      const claims = { sub: name, iat: seconds, exp: seconds + 900, jti: `${tokens.length}` };
      const value = `${part({ alg: 'none' })}.${part(claims)}.`;
      tokens.push(value);
      return { value };
    },
  };
}

/** A group whose coordinator may not be asked for is, to the client, one that cannot be found. */
const outcomeOf = (error: unknown) =>
  /authoriz|find group coordinator/i.test(String(error)) ? 'refused' : String(error);

/** What comes of each topic for a principal that may use these. */
const expected = (allowed: ReadonlySet<string>) =>
  new Map(topics.map((topic) => [topic, allowed.has(topic) ? 'allowed' : 'refused']));

const eventFor = (topic: string) => ({
  ...createEvent({ id: 'e', source: '/test', type: 'gateway.access-log', subject: 's', timeMs: 0, data: {} }),
  type: topic,
});

describe.runIf(hasBrokers)(`on a real Kafka with these ACLs${note}`, () => {
  let admin: Admin;
  /** Of a principal that may do everything. */
  let producer: Producer;
  const logs: EventLog[] = [];
  const logOf = (name: string) => {
    const log = createKafkaLog(clusterOf(name), { wait, produceTimeoutMilliseconds: 20_000 });
    logs.push(log);
    return log;
  };

  beforeAll(async () => {
    const kafka = new kafkajs.Kafka({ brokers: [plain ?? ''], logLevel: kafkajs.logLevel.NOTHING });
    admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
    await admin.createAcls({ acl: principals.flatMap(({ acls }) => [...acls]) });
    producer = kafka.producer();
    await producer.connect();
    // A new broker's coordinator of groups refuses everybody until it has loaded.
    const consumer = kafka.consumer({ groupId: 'coordinator-is-loaded' });
    await consumer.connect();
    await consumer.subscribe({ topics: topics.slice(0, 1) });
    const joined = new Promise<void>((resolve) => {
      consumer.on('consumer.group_join', () => resolve());
    });
    await consumer.run({ eachMessage: async () => {} });
    await joined;
    await consumer.disconnect();
  }, 60_000);
  afterAll(async () => {
    await Promise.all(logs.map((log) => log.close()));
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }, 60_000);

  test.each(principals.map((each) => [each.name, each] as const))(
    '%s writes to its topics and no other',
    async (_, principal) => {
      const results = new Map<string, string>();
      for (const topic of topics) {
        const produced = logOf(principal.name).produce(topic, [eventFor(topic)]);
        results.set(topic, await produced.then(() => 'allowed', outcomeOf));
      }
      expect(results).toEqual(expected(principal.writes));
    },
    120_000,
  );

  /** What comes first: a record (`allowed`), or why there is none. */
  const firstOf = async ({ name }: KafkaPrincipal, topic: string, group: string) => {
    // A group that has read before gets only what comes now.
    await producer.send({ topic, messages: [{ value: JSON.stringify(eventFor(topic)) }] });
    const log = createKafkaLog(clusterOf(name), { wait, produceTimeoutMilliseconds: 5_000 });
    const first = new Promise<string>((resolve) => {
      const consumption = log.consume({
        group,
        topics: [topic],
        onBatch: async () => resolve('allowed'),
        onError: (error) => resolve(outcomeOf(error)),
      });
      consumption.catch((error: unknown) => resolve(outcomeOf(error)));
    });
    const result = await first;
    await log.close();
    return result;
  };

  test.each(principals.filter(({ reads }) => reads.size > 0).map((each) => [each.name, each] as const))(
    '%s reads its topics in its groups, and no other topic or group',
    async (_, principal) => {
      const groupOf = (topic: string) =>
        [...principal.groups].find((group) => group.endsWith(`-${topic}`)) ?? [...principal.groups][0] ?? '';
      const results = new Map<string, string>();
      for (const topic of topics) results.set(topic, await firstOf(principal, topic, groupOf(topic)));
      expect(results).toEqual(expected(principal.reads));
      const [own = ''] = principal.reads;
      const others = principals
        .flatMap(({ groups }) => [...groups])
        .filter((group) => !principal.groups.has(group));
      expect(await firstOf(principal, own, others[0] ?? 'unknown')).toBe('refused');
    },
    240_000,
  );

  test('refuses a principal without grants', async () => {
    const [topic = ''] = topics;
    await expect(logOf('stranger').produce(topic, [eventFor(topic)])).rejects.toThrow(/authoriz/i);
  }, 60_000);

  test('signs a separate token for each connection', async () => {
    const tokens: string[] = [];
    const writer = principals.find(({ writes }) => writes.size > 0);
    const [topic = ''] = writer?.writes ?? [];
    const cluster = clusterOf(writer?.name ?? '', tokens);
    for (let client = 0; client < 3; client += 1) {
      const log = createKafkaLog(cluster, { wait, produceTimeoutMilliseconds: 20_000 });
      await log.produce(topic, [eventFor(topic)]);
      await log.close();
    }
    expect(tokens.length).toBeGreaterThanOrEqual(3);
    expect(new Set(tokens).size).toBe(tokens.length);
  }, 60_000);
});
