import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readState } from '../../run/state-folder.ts';

/** The offset of a consumer group in a topic, as the file event log stores it. */
const place = z.object({ line: z.int().min(0), byte: z.int().min(0) });

/**
 * Checks the offsets of all consumer groups and topics: a consumer would retry an invalid file for ever.
 *
 * @param folder the folder of the event log.
 * @throws {StateError} for the first file that cannot be read.
 */
export function requireReadableOffsets(folder: string): void {
  const groups = join(folder, 'groups');
  for (const group of entries(groups)) {
    for (const file of entries(join(groups, group))) {
      if (file.endsWith('.json'))
        readState(join(groups, group, file), (text) => place.parse(JSON.parse(text)));
    }
  }
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // No consumer has read yet.
  }
}
