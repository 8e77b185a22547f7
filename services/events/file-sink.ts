import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventType, StoreEvent } from './event.ts';
import { byTopic, type EventSink } from './event-log.ts';

/**
 * A log on disk: one file of JSON lines per topic, `<folder>/<topic>.jsonl`, only ever appended to. Safe for several
 * processes: a batch is one write of whole lines to a file opened for append, which the system does not mix with others.
 * Written events survive the end of the process; they are synced to the device only on close, so a power failure may
 * cost the last seconds (good for a laptop, which is what this log is for).
 */
export function createFileSink(folder: string): EventSink {
  const files = new Map<EventType, Promise<FileHandle>>();
  /** Topics whose last line may be torn, by a disk that was full for instance. */
  const torn = new Set<EventType>();

  const fileOf = (topic: EventType): Promise<FileHandle> => {
    const file =
      files.get(topic) ??
      mkdir(folder, { recursive: true }).then(() => open(join(folder, `${topic}.jsonl`), 'a'));
    files.set(topic, file);
    file.catch(() => files.delete(topic));
    return file;
  };

  async function append(topic: EventType, events: readonly StoreEvent[]): Promise<void> {
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    // A line of its own ends what an earlier attempt left behind.
    const bytes = Buffer.from(torn.has(topic) ? `\n${lines}` : lines);
    const file = await fileOf(topic);
    torn.add(topic);
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten < bytes.length) {
      throw new Error(`Only ${bytesWritten} of ${bytes.length} bytes went to the log of ${topic}.`);
    }
    torn.delete(topic);
  }

  return {
    async write(events) {
      for (const [topic, ofTopic] of byTopic(events)) await append(topic, ofTopic);
    },
    async close() {
      for (const file of await Promise.all(files.values())) {
        await file.sync();
        await file.close();
      }
    },
  };
}
