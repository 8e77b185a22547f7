import { readJsonText } from '../../runtime/json/json-text.ts';

/**
 * Reads JSON that others have written, numbers as they stand in it. Undefined for what is none, and for what is nested
 * over a hundred deep. An empty body is null, as a 204 means it.
 */
export function parseJson(body: Buffer | string): unknown {
  return body.length === 0 ? null : readJsonText(body.toString());
}
