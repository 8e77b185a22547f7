import type { z } from 'zod';
import { readJson, textFaults } from './json-body.ts';
import { type Fault, problem } from './problem.ts';
import type { ServiceContext } from './service-app.ts';

/** The parsed input, or the response that refuses it. */
export type Input<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly answer: Response };

/** The `params` of a schema issue for a value that only the service can create, such as a cursor: 400 instead of 422. */
export const malformedValue = { malformed: true } as const;

/**
 * Reads a JSON body: 415 for another media type, charset or content coding, 400 for invalid JSON or JSON beyond
 * `jsonBounds`, 422 for a value that the schema refuses.
 */
export async function readBody<T>(c: ServiceContext, schema: z.ZodType<T>): Promise<Input<T>> {
  const unsupported = mediaFault(c);
  if (unsupported !== null) return { kind: 'invalid', answer: unsupported };
  const body = readJson(new Uint8Array(await c.req.arrayBuffer()));
  if (body.kind === 'malformed') return invalid(problem(c, 400, `The body ${body.detail}`));

  const ofTexts = textFaults(body.value).map(({ path, detail }) => ({ pointer: pointer(path), detail }));
  if (ofTexts.length > 0) return invalid(bodyProblem(c, ofTexts));
  const result = schema.safeParse(body.value);
  if (result.success) return { kind: 'valid', value: result.data };
  return invalid(bodyProblem(c, result.error.issues.flatMap(bodyFaults)));
}

/** Reads the query (the first of repeated parameters): 422 for a value that the schema refuses, 400 for a malformed one. */
export function readQuery<T>(c: ServiceContext, schema: z.ZodType<T>): Input<T> {
  const result = schema.safeParse(c.req.query());
  if (result.success) return { kind: 'valid', value: result.data };
  const { issues } = result.error;
  const status = issues.some((issue) => issue.code === 'custom' && issue.params?.['malformed']) ? 400 : 422;
  const errors = issues.flatMap(queryFaults);
  return invalid(problem(c, status, 'The query is invalid. See errors.', { errors }));
}

const invalid = (answer: Response) => ({ kind: 'invalid', answer }) as const;

/** A 415 names the supported type (RFC 9110, section 15.5.16). JSON between systems is UTF-8 (RFC 8259, section 8.1). */
function mediaFault(c: ServiceContext): Response | null {
  const coding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (coding !== 'identity') {
    const headers = { 'accept-encoding': 'identity' };
    return problem(c, 415, 'Send the body without a content coding.', { headers });
  }
  const [type = '', ...parameters] = (c.req.header('content-type') ?? '').toLowerCase().split(';');
  const isJson = /^application\/(?:json|[\w.-]+\+json)$/.test(type.trim());
  const isUtf8 = parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=');
    return name.trim() !== 'charset' || /^"?utf-?8"?$/.test(value.trim());
  });
  return isJson && isUtf8
    ? null
    : problem(c, 415, 'Send the body as application/json in UTF-8.', {
        headers: { accept: 'application/json' },
      });
}

function bodyProblem(c: ServiceContext, errors: readonly Fault[]): Response {
  return problem(c, 422, 'The body is invalid. See errors.', { errors });
}

/** A JSON pointer (RFC 6901). */
const pointer = (path: readonly PropertyKey[]) =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

function bodyFaults(issue: z.core.$ZodIssue): Fault[] {
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
