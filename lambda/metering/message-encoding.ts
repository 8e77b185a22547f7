import { gunzipSync } from 'node:zlib';

/**
 * Raised for a message that can never be processed: it goes to the dead-letter queue at once, and delays no
 * other.
 */
export class MessageParseError extends Error {
  override readonly name = 'MessageParseError';
}

/** Far more than a batch of CloudWatch Logs or a message of SQS unzips to. */
const maxUnzippedBytes = 64 * 1024 * 1024;

/**
 * @throws {MessageParseError} for data that is not gzip in base64, or unzips to more than any sender writes.
 */
export function unzip(base64: string): string {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: maxUnzippedBytes }).toString();
  } catch (error) {
    throw new MessageParseError('not gzip in base64', { cause: error });
  }
}

/** @throws {MessageParseError} for text that is not a JSON object. */
export function objectOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MessageParseError('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MessageParseError('not a JSON object');
  }
  return value as Readonly<Record<string, unknown>>;
}
