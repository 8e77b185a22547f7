import { createEvent, type EventOf } from '../shared/events/envelope.ts';
import type { HttpCall } from '../shared/http-call.ts';
import type { WebhookSource } from './contract.ts';

export type ReadWebhook =
  | { readonly kind: 'event'; readonly event: EventOf<'payments.webhook'> }
  /** Signed, yet nothing to keep: what it lacks. */
  | { readonly kind: 'unreadable'; readonly detail: string };

type WebhookBody = EventOf<'payments.webhook'>['data']['body'];

/**
 * Makes an event of a body whose signature holds. Its type is the sender's word, known or not; its key the first of the
 * source's `orderBy` that the body has, so that what belongs to one payment stays in order, or its own id.
 *
 * @param now Milliseconds since the epoch.
 */
export function readWebhook(source: WebhookSource, call: HttpCall, now: number): ReadWebhook {
  const body = objectOf(call.body);
  if (body === undefined) return unreadable('The body is no JSON object.');
  const id = source.format === 'standard' ? call.headers['webhook-id'] : body['id'];
  if (typeof id !== 'string' || id === '') return unreadable('The event has no id.');
  const type = typeof body['type'] === 'string' && body['type'] !== '' ? body['type'] : 'unknown';
  const key = source.orderBy.map((path) => textAt(body, path)).find((text) => text !== undefined) ?? id;
  const event = createEvent({
    id,
    source: `/webhooks/${source.name}`,
    type: source.topic,
    subject: key,
    timeMs: now,
    data: {
      provider: source.name,
      eventId: id,
      eventType: type,
      receivedAt: new Date(now).toISOString(),
      body,
    },
  });
  return { kind: 'event', event };
}

function unreadable(detail: string): ReadWebhook {
  return { kind: 'unreadable', detail };
}

function objectOf(bytes: Buffer): WebhookBody | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as WebhookBody;
  } catch {
    return undefined;
  }
}

/** The text at a dotted path; undefined where there is none, or something else. */
function textAt(body: unknown, path: string): string | undefined {
  const found = path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      body,
    );
  return typeof found === 'string' && found !== '' ? found : undefined;
}
