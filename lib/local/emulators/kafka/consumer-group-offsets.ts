import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readState } from '../../run/state-folder.ts';

/** How far a reader has come in a topic, as the event log in files keeps it. */
const place = z.object({ line: z.int().min(0), byte: z.int().min(0) });

/**
 * Reads the place of every group in every topic: a reader would try for ever one that is torn.
 *
 * @param folder of the event log.
 * @throws {StateError} naming the first one that cannot be read.
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
    return []; // Nobody has read yet.
  }
}
