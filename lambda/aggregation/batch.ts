import type { HttpResponse } from '../../runtime/http/lambda-http.ts';
import { isJsonObject, writeJsonText } from '../../runtime/json/json-text.ts';
import { callPart, type Fetched, isLate, type RequestContext } from './call-part.ts';
import { completenessHeader } from './compose.ts';
import type { BatchComposition, BatchRead, Part } from './contract.ts';
import { encodedBody, maxBodyBytes } from './encoded-body.ts';
import { parseJson } from './json.ts';
import { problem } from './problem.ts';

/** One read of a batch with its catalogue entry. */
interface Item {
  readonly id: string;
  readonly path: string;
  readonly read: BatchRead;
}

type Items =
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'refused'; readonly detail: string };

/** Answers several independent reads, each with its own status, in the order of the request. */
export async function batch(composition: BatchComposition, context: RequestContext): Promise<HttpResponse> {
  const read = readItems(parseJson(context.call.body), composition);
  if (read.kind === 'refused') return problem(400, read.detail);
  const answers = await Promise.all(
    read.items.map(async ({ id, path, read: { service } }) => {
      const fetched = await callPart(partOf(service, composition), path, undefined, context);
      return { id, ...answerOf(fetched) };
    }),
  );
  const text = writeJsonText({ items: answers });
  if (Buffer.byteLength(text) > maxBodyBytes)
    return problem(400, 'The answers are too long to be returned. Request fewer items.');
  const isComplete = answers.every(({ status }) => status < 500);
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', [completenessHeader]: String(isComplete) },
    ...encodedBody(text),
  };
}

function readItems(body: unknown, { reads, atMost }: BatchComposition): Items {
  const given = isJsonObject(body) ? body['items'] : undefined;
  if (!Array.isArray(given) || given.length === 0 || given.length > atMost) {
    return refused(`Send {"items":[{"id":"…","path":"/…"}]} with 1 to ${atMost} items.`);
  }
  const items: Item[] = [];
  for (const [index, item] of (given as readonly unknown[]).entries()) {
    const id = isJsonObject(item) ? (item['id'] ?? String(index)) : undefined;
    const path = isJsonObject(item) ? item['path'] : undefined;
    if (typeof id !== 'string' || id.length > 64)
      return refused(`items[${index}].id is not a text of at most 64 characters.`);
    if (items.some((other) => other.id === id)) return refused(`items[${index}].id is used by two items.`);
    const read =
      typeof path === 'string' ? reads.find((candidate) => matches(path, candidate.path)) : undefined;
    if (typeof path !== 'string' || read === undefined) {
      const known = reads.map((candidate) => candidate.path).join(', ');
      return refused(`items[${index}].path is not a read of this batch. Use one of: ${known}.`);
    }
    items.push({ id, path, read });
  }
  return { kind: 'items', items };
}

/** Unreserved characters and escapes of others. */
const segment = /^[A-Za-z0-9._~@:+%-]+$/;
const query = /^[A-Za-z0-9._~=&+,:@%-]{0,1024}$/;
/** Separators of paths and control characters, which a service might read differently from the gateway. */
const misread = /[/\\\p{Cc}]/u;

/**
 * Whether all escapes are of well-formed UTF-8, and none of a character that is refused in a path or query.
 */
function isWellEscaped(text: string): boolean {
  try {
    return !misread.test(decodeURIComponent(text));
  } catch {
    return false;
  }
}

function matches(given: string, template: string): boolean {
  if (given.length > 2_048) return false;
  const [path = '', search = '', ...more] = given.split('?');
  const words = path.split('/');
  const wanted = template.split('/');
  return (
    more.length === 0 &&
    query.test(search) &&
    isWellEscaped(search) &&
    words.length === wanted.length &&
    words.every((word, index) => {
      const expected = wanted[index] ?? '';
      return expected.startsWith('{')
        ? segment.test(word) && isWellEscaped(word) && !isDots(word)
        : word === expected;
    })
  );
}

const isDots = (word: string) => /^(?:\.|%2e){1,2}$/i.test(word);

function partOf(service: string, { readTimeoutSeconds, maxBytes }: BatchComposition): Part {
  return {
    name: service,
    service,
    isExternal: false,
    method: 'GET',
    path: '',
    after: [],
    required: false,
    onDemand: false,
    timeoutSeconds: readTimeoutSeconds,
    retries: 0,
    fallback: { kind: 'empty' },
    mapping: [],
    at: '',
    fields: [],
    maxBytes,
  };
}

function answerOf(fetched: Fetched): { readonly status: number; readonly body: unknown } {
  if (fetched.kind === 'value') return { status: fetched.answer?.status ?? 200, body: fetched.value };
  if (fetched.kind === 'refused')
    return { status: fetched.answer.status, body: parseJson(fetched.answer.body) ?? null };
  const late = isLate(fetched.reason);
  const { body } = late
    ? problem(504, 'The service did not answer in time.', { reason: fetched.reason })
    : problem(502, 'The service failed.', { reason: fetched.reason });
  return { status: late ? 504 : 502, body: JSON.parse(body) as unknown };
}

const refused = (detail: string): Items => ({ kind: 'refused', detail });
