import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import { openEventLog } from '../../runtime/events/open-event-log.ts';
import { realDependencies } from '../../runtime/events/testing/event-logs.ts';

/** All events of a topic, from its beginning. */
export async function recordedEvents(url: string, topic: string): Promise<readonly CloudEvent[]> {
  return url.startsWith('file:')
    ? eventsOnDisk(url.slice('file:'.length), topic)
    : consumedEvents(url, topic);
}

/** The events of a log on disk. A torn line holds no event; the event is written again after it. */
function eventsOnDisk(folder: string, topic: string): CloudEvent[] {
  const file = join(folder, `${topic}.jsonl`);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as CloudEvent];
      } catch {
        return [];
      }
    });
}

/** Milliseconds without a new event after which a topic of Kafka is regarded as completely read. */
const silenceMilliseconds = 400;
/** Kafka needs seconds to assign partitions to a new group. */
const firstMilliseconds = 8_000;

async function consumedEvents(url: string, topic: string): Promise<readonly CloudEvent[]> {
  const log = await openEventLog(url, realDependencies);
  const events: CloudEvent[] = [];
  let changedAt = Date.now();
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
