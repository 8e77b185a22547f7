import { type CloudEvent, createEvent, type EventOf } from '../../runtime/events/cloud-event.ts';
import { maxLengths } from '../../runtime/events/event-data.ts';
import { isWellFormedText, maxEventDepth, readEventJson } from '../../runtime/events/event-json.ts';
import { withRawMember } from '../../runtime/events/event-text.ts';
import type { HttpRequest } from '../../runtime/http/lambda-http.ts';
import type { WebhookSource } from './contract.ts';

export type ReadWebhook =
  | { readonly kind: 'event'; readonly event: EventOf<'payments.webhook'> }
  /** Signed, but not processable: the reason. */
  | { readonly kind: 'unreadable'; readonly detail: string };

type WebhookBody = EventOf<'payments.webhook'>['data']['body'];

/** Nesting of an event above the body that it carries: the event and its `data`. */
const levelsAbove = 2;

/**
 * Makes an event of a body with a valid signature. Its type is the sender's, known or not; its key is the
 * first of the source's `orderBy` paths that the body has, so that events of one payment stay in order, or
 * its own id. Values that could not be stored or forwarded (NUL, lone surrogates, ids that are not valid
 * keys) are refused here, so that the sender is informed.
 *
 * @param now Milliseconds since the epoch.
 */
export function readWebhook(source: WebhookSource, call: HttpRequest, now: number): ReadWebhook {
  const json = readEventJson(call.body, maxEventDepth - levelsAbove);
  if (json.kind === 'invalid') return unreadable(`The body cannot be parsed: ${json.reason}.`);
  const body = json.value;
  if (!isObject(body)) return unreadable('The body is not a JSON object.');
  const id = source.format === 'standard' ? call.headers['webhook-id'] : body['id'];
  if (typeof id !== 'string' || id === '') return unreadable('The event has no id.');
  if (!isWellFormedText(id)) return unreadable('The id of the event contains NUL or a lone surrogate.');
  if (id.length > maxLengths.eventId)
    return unreadable(`The event has an id of over ${maxLengths.eventId} characters.`);
  const type = typeof body['type'] === 'string' && body['type'] !== '' ? body['type'] : 'unknown';
  if (type.length > maxLengths.text)
    return unreadable(`The event has a type of over ${maxLengths.text} characters.`);
  const key = source.orderBy.map((path) => textAt(body, path)).find((text) => text !== undefined) ?? id;
  if (key.length > maxLengths.key)
    return unreadable(`The event has a key of over ${maxLengths.key} characters.`);
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
  // As the sender wrote it, because JavaScript cannot hold all of a provider's numbers.
  return { kind: 'event', event: withRawBody(event, json.text) };
}

function withRawBody(event: EventOf<'payments.webhook'>, text: string): EventOf<'payments.webhook'> {
  const { body, ...data } = event.data;
  const member = { member: 'body', text, value: body };
  return withRawMember<CloudEvent<'payments.webhook', object>>({ ...event, data }, member) as typeof event;
}

function isObject(value: unknown): value is WebhookBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(detail: string): ReadWebhook {
  return { kind: 'unreadable', detail };
}

/** The text at a dotted path; undefined when there is none, or another type. */
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
