import type { PartEnd } from './ports.ts';

/** A longer refusal is told to nobody else: who waits asks for itself. */
const maxNoteBytes = 16 * 1024;

/** Writes an end as the text that the store holds. */
export function encodeEnd(end: PartEnd): string {
  const note =
    end.kind === 'refused'
      ? JSON.stringify({
          ...end,
          answer: { ...end.answer, cookies: [], body: end.answer.body.toString('base64') },
        })
      : JSON.stringify(end);
  return Buffer.byteLength(note) > maxNoteBytes
    ? JSON.stringify({ kind: 'unshared' } satisfies PartEnd)
    : note;
}

/** Reads what `encodeEnd` wrote; undefined for anything else. */
export function decodeEnd(note: string): PartEnd | undefined {
  if (note === '') return undefined;
  try {
    const end = JSON.parse(note) as PartEnd;
    if (end.kind !== 'refused') return end;
    const body = Buffer.from(end.answer.body as unknown as string, 'base64');
    return { kind: 'refused', answer: { ...end.answer, body } };
  } catch {
    return undefined;
  }
}
