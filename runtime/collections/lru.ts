import { BoundedMap } from './bounded-map.ts';

/** A map of at most `maxEntries`; above that, it drops the least recently used entries. */
export class LruCache<Value> extends BoundedMap<Value> {
  override get(key: string): Value | undefined {
    const value = super.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }
}
