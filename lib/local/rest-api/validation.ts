import { z } from 'zod';
import type { RestCall } from './call.ts';
import { parameterOf } from './mapping-source.ts';

/** What is wrong with a request; null when nothing is. */
export type ParameterCheck = (call: RestCall) => string | null;
export type BodyCheck = (contentType: string | undefined, body: Buffer) => string | null;

/** Required parameters of the method must be there and not empty ("Request validation for REST APIs"). */
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
 * Holds JSON bodies against a schema of draft 4. One of another content type is not looked at: the model is for
 * `application/json`, which is also what a request without a content type is taken for.
 */
export function bodyCheck(schema: object): BodyCheck {
  const model = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0], {
    defaultTarget: 'draft-4',
  });
  return (contentType = 'application/json', body) => {
    if (contentType.split(';')[0]?.trim().toLowerCase() !== 'application/json') return null;
    let value: unknown;
    try {
      value = JSON.parse(body.toString());
    } catch {
      return '[instance is no JSON]';
    }
    const result = model.safeParse(value);
    if (result.success) return null;
    const faults = result.error.issues.map(({ path, message }) => `${['', ...path].join('/')}: ${message}`);
    return `[${faults.join('; ')}]`;
  };
}
