/** The scripts of `part-scripts.ts` in memory: the same keys and arguments, the same reply. */
import type { InMemoryScript } from './in-memory-script.ts';

export const readPartInMemory: InMemoryScript = (entries, [key = ''], _args, now) => {
  const [, written = '', fresh = '', stale = '', text = ''] =
    /^(\d+) (\d+) (\d+) (.*)$/s.exec(entries.get(key) ?? '') ?? [];
  if (written === '') return null;
  const age = Math.max(now - Number(written), 0);
  if (age >= Number(fresh) + Number(stale)) return null;
  return [age, age < Number(fresh) ? 1 : 0, text];
};

export const writePartInMemory: InMemoryScript = (entries, [key = '', leaseKey = ''], args, now) => {
  const [fresh = '', stale = '', text = ''] = args;
  entries.set(key, `${now} ${fresh} ${stale} ${text}`, now + Number(fresh) + Number(stale));
  entries.set(leaseKey, '0', now);
  return 1;
};

export const watchPartInMemory: InMemoryScript = (entries, [key = '', endKey = ''], args, now) => {
  const kept = readPartInMemory(entries, [key], args, now);
  const [, ended = '', note = ''] = /^(\d+) (.*)$/s.exec(entries.get(endKey) ?? '') ?? [];
  const end = ended === '' ? [-1, ''] : [Math.max(now - Number(ended), 0), note];
  return [...(Array.isArray(kept) ? kept : [-1, 0, '']), ...end];
};

export const endPartInMemory: InMemoryScript = (
  entries,
  [key = '', leaseKey = '', endKey = ''],
  args,
  now,
) => {
  const [term, drop, note = ''] = args;
  if (drop === '1') entries.set(key, '', now);
  entries.set(leaseKey, '0', now);
  if (note !== '') entries.set(endKey, `${now} ${note}`, now + Number(term));
  return 1;
};

export const leasePartInMemory: InMemoryScript = (entries, [key = ''], args, now) => {
  const lease = Number(args[0]);
  const left = Number(entries.get(key) ?? 0) - now;
  if (left > 0 && left <= lease) return 0;
  entries.set(key, `${now + lease}`, now + lease);
  return 1;
};
