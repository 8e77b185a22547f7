import type { SharedPartResult } from './ports.ts';

/** A longer refusal is not shared: each waiting caller sends a request. */
const maxSharedResultBytes = 16 * 1024;

/** Encodes an end as the text that the limit store holds. */
export function encodeSharedPartResult(end: SharedPartResult): string {
  const note =
    end.kind === 'refused'
      ? JSON.stringify({
          ...end,
          answer: { ...end.answer, cookies: [], body: end.answer.body.toString('base64') },
        })
      : JSON.stringify(end);
  return Buffer.byteLength(note) > maxSharedResultBytes
    ? JSON.stringify({ kind: 'unshared' } satisfies SharedPartResult)
    : note;
}

/** Reads what `encodeSharedPartResult` wrote; undefined for anything else. */
export function decodeSharedPartResult(note: string): SharedPartResult | undefined {
  if (note === '') return undefined;
  try {
    const end = JSON.parse(note) as SharedPartResult;
    if (end.kind !== 'refused') return end;
    const body = Buffer.from(end.answer.body as unknown as string, 'base64');
    return { kind: 'refused', answer: { ...end.answer, body } };
  } catch {
    return undefined;
  }
}
