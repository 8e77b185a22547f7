import { gunzipSync } from 'node:zlib';

/** What no further attempt can help: a message goes to the dead letters at once, and holds up no other. */
export class MessageParseError extends Error {
  override readonly name = 'MessageParseError';
}

/** Far more than a batch of CloudWatch Logs or a message of SQS unzips to. */
const maxUnzippedBytes = 64 * 1024 * 1024;

/** @throws {MessageParseError} for what is not gzip in base64, or unzips to more than anybody has written. */
export function unzip(base64: string): string {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: maxUnzippedBytes }).toString();
  } catch (error) {
    throw new MessageParseError('not gzip in base64', { cause: error });
  }
}

/** @throws {MessageParseError} for what is no JSON object. */
export function objectOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MessageParseError('no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MessageParseError('no JSON object');
  }
  return value as Readonly<Record<string, unknown>>;
}
