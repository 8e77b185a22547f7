import { readJsonText } from '../../runtime/json/json-text.ts';

/**
 * Reads JSON of a foreign writer, with its numbers unchanged. Undefined for text that is not JSON or is
 * nested over a hundred deep. An empty body is null, as with a 204.
 */
export function parseJson(body: Buffer | string): unknown {
  return body.length === 0 ? null : readJsonText(body.toString());
}
