import * as z from 'zod/mini';
import { type CloudEvent, type ShopEvent, schemaOf } from './cloud-event.ts';
import { type EventType, eventData, maxLengths } from './event-data.ts';
import { readEventJson } from './event-json.ts';
import { withText } from './event-text.ts';

export type ParsedEvent =
  /** A known event whose data has the shape of its type. */
  | { readonly kind: 'event'; readonly event: ShopEvent }
  /**
   * A valid envelope of a type or schema version that this reader does not know: a foreign or a later one.
   */
  | { readonly kind: 'unknown'; readonly event: CloudEvent }
  /** Not an event, or one whose data does not have the shape of its type. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** CloudEvents 1.0 section 3, with the attributes that Gatehouse requires. Other attributes are ignored. */
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
 * Reads one record's value. Never throws: a value that is not an event is returned as `invalid` with the
 * reason, and stays invalid at every later attempt. The result keeps its text (`eventText`), so that it can
 * be forwarded unchanged.
 */
export function parseEvent(value: string | Uint8Array): ParsedEvent {
  const json = readEventJson(value);
  if (json.kind === 'invalid') return json;
  const parsed = envelope.safeParse(json.value);
  if (!parsed.success) return { kind: 'invalid', reason: `not a CloudEvent: ${faults(parsed.error)}` };
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

/** Paths and messages without values, which may contain customer data. */
function faults({ issues }: z.core.$ZodError): string {
  return issues
    .slice(0, maxFaults)
    .map(({ path, message }) => `${path.join('.') || '(root)'}: ${message}`)
    .join('; ');
}
