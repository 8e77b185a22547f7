import { isRecord } from './is-record.ts';

/** The object that a text of JSON holds; undefined for any other value, and for a text that is not JSON. */
export function parseRecord(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
