import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import { openEventLog } from '../../runtime/events/open-event-log.ts';
import { realDependencies } from '../../runtime/events/testing/event-logs.ts';

/** As long as a reader that has read everything waits for more. */
const silenceMilliseconds = 400;

/** Everything that a topic holds: read from its beginning until nothing more comes, by a group of its own. */
export async function recordedEvents(url: string, topic: string): Promise<readonly CloudEvent[]> {
  const log = await openEventLog(url, realDependencies);
  const events: CloudEvent[] = [];
  let changedAt = Date.now();
  // A group on Kafka takes seconds to be given its partitions.
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
