import type { Message } from '@aws-sdk/client-sqs';

/** A record of Kafka in a dead letter. */
export interface DeadLetterRecord {
  /** Topic and partition, as Lambda writes them: `orders.created-0`. */
  readonly partition: string;
  readonly offset: number;
  /** Base64. */
  readonly value: string;
}

/** What a dead letter says about itself. */
export interface DeadLetterContent {
  /** When the message was sent, ISO 8601, UTC; that of the event for an event. */
  readonly time: string;
  /** The id of the event; null for a message that is not an event. */
  readonly eventId: string | null;
  readonly reason: string;
  /** The beginning of the body, with secrets masked. */
  readonly excerpt: string;
  /** Undefined for a message that is not a record of Kafka, or only names its position. */
  readonly record?: DeadLetterRecord;
}

const excerptCharacters = 400;

/** Reads a message of a dead-letter queue; accepts any body. */
export function describeDeadLetter({ Body = '', Attributes = {} }: Message): DeadLetterContent {
  const body = jsonOf(Body);
  const record = recordOf(body);
  const event = record === undefined ? body : jsonOf(Buffer.from(record.value, 'base64').toString());
  const sent = new Date(Number(Attributes.SentTimestamp ?? 0)).toISOString();
  return {
    time:
      typeof event['time'] === 'string' && !Number.isNaN(Date.parse(event['time'])) ? event['time'] : sent,
    eventId: typeof event['id'] === 'string' ? event['id'] : null,
    reason: reasonOf(body, Attributes),
    excerpt: maskSecrets(record === undefined ? Body : Buffer.from(record.value, 'base64').toString())
      .replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ')
      .slice(0, excerptCharacters),
    ...(record === undefined ? {} : { record }),
  };
}

function reasonOf(
  body: Readonly<Record<string, unknown>>,
  attributes: NonNullable<Message['Attributes']>,
): string {
  // A record that the consumer of business events cannot parse.
  if (typeof body['reason'] === 'string') return body['reason'];
  // Lambda's report of a failed batch or invocation.
  const { condition } = Object(body['requestContext']) as { readonly condition?: unknown };
  if (typeof condition === 'string') return condition;
  return attributes.DeadLetterQueueSourceArn === undefined
    ? 'the consumer cannot parse it'
    : 'every attempt of the consumer failed';
}

function recordOf({
  partition,
  offset,
  value,
}: Readonly<Record<string, unknown>>): DeadLetterRecord | undefined {
  return typeof partition === 'string' && typeof offset === 'number' && typeof value === 'string'
    ? { partition, offset, value }
    : undefined;
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

const secretName =
  /authorization|cookie|password|secret|token|signature|api-?_?key|cardnumber|card_number|cvc|iban/i;
const secretValues =
  /\b(?:eyJ[\w-]{8,}\.[\w.-]+|gh_[a-z]+_\w+|whsec_[\w+/=]+|[srp]k_(?:live|test)_\w+)|\b(?:Bearer|Basic) [\w+/=.-]+|\b\d(?:[ -]?\d){12,18}\b/gi;

/** The text with credentials and card numbers replaced: fields by their names, values by their forms. */
function maskSecrets(text: string): string {
  return masked(text, 0);
}

function masked(text: string, depth: number): string {
  // A queue's message has JSON in JSON.
  if (depth < 4 && /^\s*[[{]/.test(text)) {
    try {
      const parsed: unknown = JSON.parse(text);
      return JSON.stringify(parsed, (name, value: unknown) => {
        if (secretName.test(name)) return '***';
        return typeof value === 'string' ? masked(value, depth + 1) : value;
      });
    } catch {
      // Not JSON.
    }
  }
  return text.replaceAll(secretValues, '***');
}
