import * as z from 'zod/mini';
import { type CloudEvent, type StoreEvent, schemaOf } from './envelope.ts';
import { type EventType, eventData } from './event-data.ts';

export type ParsedEvent =
  /** Its data has the shape that its type says. */
  | { readonly kind: 'event'; readonly event: StoreEvent }
  /** A sound envelope of a type or schema version that this reader does not know: somebody else's, or a later one. */
  | { readonly kind: 'unknown'; readonly event: CloudEvent }
  /** Not an event at all, or one whose data is not what its type says. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** CloudEvents 1.0 section 3, with the attributes that Gatehouse asks for. Attributes of others are let be. */
const envelope = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().check(z.minLength(1)),
  source: z.string().check(z.minLength(1)),
  type: z.string().check(z.minLength(1)),
  subject: z.string(),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  dataschema: z.string(),
  partitionkey: z.string(),
  data: z.unknown(),
});

/** Reads one record's value. Never throws: whatever is not an event comes back as `invalid` with the reason. */
export function parseEvent(value: string | Uint8Array): ParsedEvent {
  const json = readJson(value);
  if (json.kind === 'invalid') return json;
  const parsed = envelope.safeParse(json.value);
  if (!parsed.success) return { kind: 'invalid', reason: `no CloudEvent: ${faults(parsed.error)}` };
  const event = parsed.data as unknown as CloudEvent;
  if (!isKnown(event.type) || event.dataschema !== schemaOf(event.type)) return { kind: 'unknown', event };
  const data = eventData[event.type].data.safeParse(event.data);
  return data.success
    ? { kind: 'event', event: event as StoreEvent }
    : { kind: 'invalid', reason: `no ${event.type}: data: ${faults(data.error)}` };
}

function readJson(
  value: string | Uint8Array,
): { readonly kind: 'json'; readonly value: unknown } | (ParsedEvent & { readonly kind: 'invalid' }) {
  try {
    const text = typeof value === 'string' ? value : new TextDecoder('utf-8', { fatal: true }).decode(value);
    return { kind: 'json', value: JSON.parse(text) };
  } catch (error) {
    return { kind: 'invalid', reason: `no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function isKnown(type: string): type is EventType {
  return Object.hasOwn(eventData, type);
}

/** Paths and messages, not values: those may be a customer's. */
function faults({ issues }: z.core.$ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || '(root)'}: ${message}`).join('; ');
}
