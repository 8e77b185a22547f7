import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readState } from '../../run/state-folder.ts';

/** The CloudFront key-value stores of a local run, by id; they are stored on disk. */
export interface KeyValues {
  get(storeId: string, key: string): string | undefined;
  /** All values of one store, by key. */
  all(storeId: string): ReadonlyMap<string, string>;
  /** The version of a store; it changes with every update. */
  version(storeId: string): string;
  /** Applies all changes at once; undefined deletes a key. */
  update(storeId: string, changes: ReadonlyMap<string, string | undefined>): void;
}

const storedStores = z.record(
  z.string(),
  z.strictObject({ version: z.number(), values: z.record(z.string(), z.string()) }),
);

/** @param file the file of the stores; the first update creates it. */
export function openKeyValues(file: string): KeyValues {
  const read = readState(file, (text) => storedStores.parse(JSON.parse(text))) ?? {};
  const stores = new Map(
    Object.entries(read).map(([id, { version, values }]) => [
      id,
      { version, values: new Map(Object.entries(values)) },
    ]),
  );
  const storeOf = (id: string) => {
    const store = stores.get(id) ?? { version: 0, values: new Map<string, string>() };
    stores.set(id, store);
    return store;
  };
  return {
    get: (id, key) => stores.get(id)?.values.get(key),
    all: (id) => storeOf(id).values,
    version: (id) => `E${storeOf(id).version}`,
    update(id, changes) {
      const store = storeOf(id);
      for (const [key, value] of changes) {
        if (value === undefined) store.values.delete(key);
        else store.values.set(key, value);
      }
      store.version += 1;
      const document = Object.fromEntries(
        [...stores].map(([name, { version, values }]) => [
          name,
          { version, values: Object.fromEntries(values) },
        ]),
      );
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(document), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
  };
}
