import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import { openEventLog } from '../../runtime/events/open-event-log.ts';
import { realDependencies } from '../../runtime/events/testing/event-logs.ts';

/** Milliseconds without a new event after which the topic is regarded as completely read. */
const silenceMilliseconds = 400;

/** All events of a topic, read from its beginning by a separate consumer group. */
export async function recordedEvents(url: string, topic: string): Promise<readonly CloudEvent[]> {
  const log = await openEventLog(url, realDependencies);
  const events: CloudEvent[] = [];
  let changedAt = Date.now();
  // Kafka needs seconds to assign partitions to a new group.
  const firstMilliseconds = url.startsWith('kafka:') ? 8_000 : silenceMilliseconds;
  try {
    await log.consume({
      group: `tests-${randomUUID()}`,
      topics: [topic],
      onBatch: async ({ records }) => {
        await Promise.resolve();
        events.push(...records.map(({ value }) => JSON.parse(String(value)) as CloudEvent));
        changedAt = Date.now();
      },
    });
    while (Date.now() - changedAt < (events.length === 0 ? firstMilliseconds : silenceMilliseconds)) {
      await wait(50);
    }
  } finally {
    await log.close();
  }
  return events;
}
