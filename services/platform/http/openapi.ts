import type { MiddlewareHandler } from 'hono';
import * as z from 'zod';
import { defaultBodyKiB } from '../../../runtime/contracts/gateway-contract.ts';
import type { ServiceApp, ServiceEnv } from './service-app.ts';

/** The description of a route, with the schemas that validate its input. */
export interface Operation {
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Longest body. The catalogue's route to it must have the same limit. @default `defaultBodyKiB` */
  readonly maxBodyKiB?: number;
  /** The status of a success. @default 200 */
  readonly status?: 200 | 201 | 204;
}

const operations = new WeakMap<object, Operation>();

/** Describes a route for the service's OpenAPI document. Put it before the handler of the route. */
export function describeOperation(operation: Operation): MiddlewareHandler<ServiceEnv> {
  const pass: MiddlewareHandler<ServiceEnv> = async (_, next) => await next();
  operations.set(pass, operation);
  return pass;
}

/** The operation of a handler made by `describeOperation`; undefined for any other handler. */
export function operationOf(handler: object): Operation | undefined {
  return operations.get(handler);
}

const problem = {
  description: 'The cause of the error, and the remedy.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z
    .array(z.object({ pointer: z.string().optional(), parameter: z.string().optional(), detail: z.string() }))
    .optional(),
});

/** The OpenAPI 3.1 document of the described routes of an app. */
export function openApiOf(service: string, app: ServiceApp): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { path, method, handler } of app.routes) {
    const operation = operations.get(handler);
    if (operation === undefined) continue;
    const template = path.replaceAll(/:(\w+)/g, '{$1}');
    const item = paths[template] ?? {};
    item[method.toLowerCase()] = operationObject(operation, template);
    paths[template] = item;
  }
  return {
    openapi: '3.1.0',
    info: { title: `The ${service} service`, version: '1' },
    paths,
    components: { schemas: { Problem: schemaOf(problemSchema) } },
  };
}

function operationObject(operation: Operation, template: string): object {
  const { summary, query, body, maxBodyKiB = defaultBodyKiB, status = 200 } = operation;
  const inPath = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const parameters = [...inPath, ...(query === undefined ? [] : queryParameters(query))];
  return {
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } },
          'x-max-body-kib': maxBodyKiB,
        }),
    responses: {
      [status]: { description: status === 204 ? 'Done.' : 'The response, as JSON.' },
      default: problem,
    },
  };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

function queryParameters(query: z.ZodType): object[] {
  const { properties = {}, required = [] } = schemaOf(query) as ObjectSchema;
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** The schema of a caller's input, before defaults and conversions. Checks that JSON Schema cannot express are left out. */
function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
