import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readState } from '../../run/state-folder.ts';

/** The key-value stores of a run, by id; they outlive it. */
export interface KeyValues {
  get(storeId: string, key: string): string | undefined;
  /** Of one store, by key. */
  all(storeId: string): ReadonlyMap<string, string>;
  /** Tells one state of a store from any other. */
  version(storeId: string): string;
  /** All or nothing; a value of undefined takes a key out. */
  update(storeId: string, changes: ReadonlyMap<string, string | undefined>): void;
}

const kept = z.record(
  z.string(),
  z.strictObject({ version: z.number(), values: z.record(z.string(), z.string()) }),
);

/** @param file where the stores are kept; made with the first change. */
export function openKeyValues(file: string): KeyValues {
  const read = readState(file, (text) => kept.parse(JSON.parse(text))) ?? {};
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
