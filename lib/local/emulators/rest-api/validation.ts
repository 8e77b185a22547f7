import { z } from 'zod';
import type { RestCall } from './call.ts';
import { parameterOf } from './mapping-source.ts';

/** Returns the error of a request; null for a valid one. */
export type ParameterCheck = (call: RestCall) => string | null;
export type BodyCheck = (contentType: string | undefined, body: Buffer) => string | null;

/** Requires that the required parameters of the method are present and not empty ("Request validation for REST APIs"). */
export function parameterCheck(declared: Readonly<Record<string, boolean>>): ParameterCheck {
  const required = Object.entries(declared).flatMap(([source, isRequired]) => {
    const [, place = '', name = ''] = /^method\.request\.(\w+)\.(.+)$/.exec(source) ?? [];
    return isRequired ? [{ place, name }] : [];
  });
  return (call) => {
    const missing = required.filter(({ place, name }) => parameterOf(call, place, name) === undefined);
    return missing.length === 0
      ? null
      : `Missing required request parameters: [${missing.map(({ name }) => name).join(', ')}]`;
  };
}

/**
 * Validates bodies with JSON schemas of draft 4: one for `application/json`, which also applies to a request without a content
 * type, and one for all other content types ("To use the same model regardless of the content type,
 * specify $default as the key", "Request validation for REST APIs"). Without a schema, a body is valid.
 */
export function bodyCheck(json: object | undefined, other: object | undefined): BodyCheck {
  const compiled = (schema: object | undefined) =>
    schema === undefined
      ? undefined
      : z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0], { defaultTarget: 'draft-4' });
  const models = { json: compiled(json), other: compiled(other) };
  return (contentType = 'application/json', body) => {
    const isJson = contentType.split(';')[0]?.trim().toLowerCase() === 'application/json';
    const model = (isJson ? models.json : undefined) ?? models.other;
    if (model === undefined) return null;
    let value: unknown;
    try {
      value = JSON.parse(body.toString());
    } catch {
      return '[The body is not valid JSON]';
    }
    const result = model.safeParse(value);
    if (result.success) return null;
    const faults = result.error.issues.map(({ path, message }) => `${['', ...path].join('/')}: ${message}`);
    return `[${faults.join('; ')}]`;
  };
}
