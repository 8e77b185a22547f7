import type { CloudEvent } from './cloud-event.ts';

const texts = new WeakMap<object, string>();

/**
 * The JSON text that an event was read from, or is to be written as. `JSON.parse` cannot keep every number
 * (`9007199254740993`, `10.00`, `1e400`), so code that forwards events writes this text and not the parsed
 * value.
 */
export function withText<Event extends CloudEvent>(event: Event, text: string): Event {
  texts.set(event, text);
  return event;
}

/**
 * Adds to an event's `data` a member whose JSON is known as text. The text is kept except for line breaks,
 * which JSON has only between tokens and which would break a log of lines.
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

/** The serialised event: the text it was read from, or its JSON. */
export function eventText(event: CloudEvent): string {
  return texts.get(event) ?? JSON.stringify(event);
}
