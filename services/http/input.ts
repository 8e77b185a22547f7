import type { z } from 'zod';
import type { ServiceContext } from './app.ts';
import { type Fault, problem } from './problem.ts';

/** What a reader gives: the parsed value, or the answer that says why there is none. */
export type Input<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly answer: Response };

/** Reads a JSON body: 415 for another media type, 400 for what is no JSON, 422 for what the schema refuses. */
export async function readBody<T>(c: ServiceContext, schema: z.ZodType<T>): Promise<Input<T>> {
  const invalid = (answer: Response) => ({ kind: 'invalid', answer }) as const;
  const mediaType = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaType !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(mediaType)) {
    return invalid(
      problem(c, 415, 'Send the body as application/json.', { headers: { accept: 'application/json' } }),
    );
  }
  const body = parseJson(await c.req.text());
  if (body === undefined) return invalid(problem(c, 400, 'The body is not JSON.'));

  const result = schema.safeParse(body);
  if (result.success) return { kind: 'valid', value: result.data };
  const errors = result.error.issues.flatMap(bodyFaults);
  return invalid(problem(c, 422, 'The body is not what this resource takes. See errors.', { errors }));
}

/** Reads the query (the first of repeated parameters): 422 for what the schema refuses. */
export function readQuery<T>(c: ServiceContext, schema: z.ZodType<T>): Input<T> {
  const result = schema.safeParse(c.req.query());
  if (result.success) return { kind: 'valid', value: result.data };
  const errors = result.error.issues.flatMap(queryFaults);
  return { kind: 'invalid', answer: problem(c, 422, 'The query is not valid. See errors.', { errors }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function bodyFaults(issue: z.core.$ZodIssue): Fault[] {
  const pointer = (path: readonly PropertyKey[]) =>
    path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointer([...issue.path, key]),
      detail: 'is not a known field.',
    }));
  }
  return [{ pointer: pointer(issue.path), detail: issue.message }];
}

function queryFaults(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ parameter: key, detail: 'is not a known parameter.' }));
  }
  return [{ parameter: issue.path.map(String).join('.'), detail: issue.message }];
}
