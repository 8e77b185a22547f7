/** The scripts of `webhook-scripts.ts` in memory: the same keys and arguments, the same reply. */
import type { Entries } from './in-memory-limits.ts';
import type { InMemoryScript } from './in-memory-script.ts';

export const claimDeliveryInMemory: InMemoryScript = (entries, [key = '', backlogKey = ''], args, now) => {
  const [owner = '', leaseMicroseconds] = args;
  const lease = Number(leaseMicroseconds);
  const [state = '', ends = '0'] = (entries.get(key) ?? '').split(' ');
  const left = Number(ends) - now;
  if (state === 'done' && left > 0) return [2, 0, 0];
  if (left > 0 && left <= lease) return [1, left, 0];
  entries.set(key, `${owner} ${now + lease}`, now + lease);
  const [waits = '0'] = (entries.get(backlogKey) ?? '').split(' ');
  return [0, 0, Number(waits) > now ? 1 : 0];
};

export const finishDeliveryInMemory: InMemoryScript = (entries, [key = ''], [term], now) => {
  const ends = now + Number(term);
  entries.set(key, `done ${ends}`, ends);
  return 1;
};

export const releaseDeliveryInMemory: InMemoryScript = (entries, [key = ''], [owner], now) => {
  const [state] = (entries.get(key) ?? '').split(' ');
  if (state !== owner) return 0;
  entries.set(key, '', now);
  return 1;
};

export const enterBacklogInMemory: InMemoryScript = (entries, [key = ''], [event = '', term], now) => {
  const { waiting } = backlogWithout(entries, key, event, now);
  const ends = now + Number(term);
  entries.set(key, [ends, ...waiting, event].join(' '), ends);
  return waiting.length + 1;
};

export const leaveBacklogInMemory: InMemoryScript = (entries, [key = ''], [event = ''], now) => {
  const { ends, waiting } = backlogWithout(entries, key, event, now);
  if (waiting.length === 0) entries.set(key, '', now);
  else entries.set(key, [ends, ...waiting].join(' '), ends);
  return waiting.length;
};

function backlogWithout(entries: Entries, key: string, event: string, now: number) {
  const [ends = '0', ...waiting] = (entries.get(key) ?? '').split(' ');
  const live = Number(ends) > now ? waiting.filter((other) => other !== event) : [];
  return { ends: Number(ends), waiting: live };
}
