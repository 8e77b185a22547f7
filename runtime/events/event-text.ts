import type { CloudEvent } from './cloud-event.ts';

const texts = new WeakMap<object, string>();

/**
 * Keeps the JSON text that an event was read from, or is to be written as. `JSON.parse` cannot keep every number
 * (`9007199254740993`, `10.00`, `1e400`), so what passes events on writes this text and not the parsed value.
 */
export function withText<Event extends CloudEvent>(event: Event, text: string): Event {
  texts.set(event, text);
  return event;
}

/**
 * Adds to an event's `data` a member whose JSON is known as text. The text stays as it is but for line breaks, which
 * JSON has between its tokens only and which a log of lines cannot hold.
 *
 * @param member not in `data` yet; `text` is valid JSON.
 */
export function withRawMember<Event extends CloudEvent<string, object>>(
  event: Event,
  { member, text, value }: { readonly member: string; readonly text: string; readonly value: unknown },
): Event {
  const { data, ...envelope } = event;
  const members = JSON.stringify(data).slice(1, -1);
  const separator = members === '' ? '' : ',';
  const line = text.replaceAll(/[\n\r\t]/g, ' ');
  const whole = `{${members}${separator}${JSON.stringify(member)}:${line}}`;
  return withText(
    { ...event, data: { ...data, [member]: value } },
    `${JSON.stringify(envelope).slice(0, -1)},"data":${whole}}`,
  );
}

/** An event as it goes onto the wire: the text it came with, or its JSON. */
export function eventText(event: CloudEvent): string {
  return texts.get(event) ?? JSON.stringify(event);
}
