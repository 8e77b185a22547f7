import type { Answer } from './client.ts';

/** Body of a composition: its parts, and the status of each part. */
interface Page {
  readonly [member: string]: unknown;
  readonly meta: {
    readonly complete: boolean;
    readonly parts: Readonly<Record<string, { readonly status: string; readonly reason?: string }>>;
  };
}

/** The body of a composition's answer. */
export const pageOf = (answer: Answer) => answer.json() as Page;
/** `true` if every part is complete, `false` if a part failed; undefined if the answer is not a composition. */
export const completed = (answer: Answer) => answer.header('x-gateway-completed');
