import * as z from 'zod/mini';
import { type CloudEvent, type ShopEvent, schemaOf } from './cloud-event.ts';
import { type EventType, eventData, maxLengths } from './event-data.ts';
import { readEventJson } from './event-json.ts';
import { withText } from './event-text.ts';

export type ParsedEvent =
  /** Its data has the shape that its type says. */
  | { readonly kind: 'event'; readonly event: ShopEvent }
  /** A sound envelope of a type or schema version that this reader does not know: somebody else's, or a later one. */
  | { readonly kind: 'unknown'; readonly event: CloudEvent }
  /** Not an event at all, or one whose data is not what its type says. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** CloudEvents 1.0 section 3, with the attributes that Gatehouse asks for. Attributes of others are let be. */
const envelope = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().check(z.minLength(1), z.maxLength(maxLengths.eventId)),
  source: z.string().check(z.minLength(1), z.maxLength(maxLengths.source)),
  type: z.string().check(z.minLength(1), z.maxLength(maxLengths.type)),
  subject: z.string().check(z.maxLength(maxLengths.key)),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  dataschema: z.string().check(z.maxLength(maxLengths.source)),
  partitionkey: z.string().check(z.maxLength(maxLengths.key)),
  data: z.unknown(),
});

/**
 * Reads one record's value. Never throws: whatever is not an event comes back as `invalid` with the reason, and will be
 * invalid at every further attempt. What is returned keeps its text (`eventText`), so that it is passed on unchanged.
 */
export function parseEvent(value: string | Uint8Array): ParsedEvent {
  const json = readEventJson(value);
  if (json.kind === 'invalid') return json;
  const parsed = envelope.safeParse(json.value);
  if (!parsed.success) return { kind: 'invalid', reason: `no CloudEvent: ${faults(parsed.error)}` };
  const event = withText(parsed.data as unknown as CloudEvent, json.text);
  if (!isKnown(event.type) || event.dataschema !== schemaOf(event.type)) return { kind: 'unknown', event };
  const data = eventData[event.type].data.safeParse(event.data);
  return data.success
    ? { kind: 'event', event: event as ShopEvent }
    : { kind: 'invalid', reason: `no ${event.type}: data: ${faults(data.error)}` };
}

function isKnown(type: string): type is EventType {
  return Object.hasOwn(eventData, type);
}

const maxFaults = 20;

/** Paths and messages, not values: those may be a customer's. */
function faults({ issues }: z.core.$ZodError): string {
  return issues
    .slice(0, maxFaults)
    .map(({ path, message }) => `${path.join('.') || '(root)'}: ${message}`)
    .join('; ');
}
