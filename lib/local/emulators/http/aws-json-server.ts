import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { z } from 'zod';
import { type LoopbackServer, readBody, serveOnLoopback } from './loopback-server.ts';

/** The result of an operation of an AWS API. */
export type Outcome =
  | { readonly ok: true; readonly output: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: AwsError };

/** An error of an AWS API. */
export interface AwsError {
  /** The name of the error shape: `QueueDoesNotExist`. */
  readonly type: string;
  readonly message: string;
  /** The error code of the query protocol, when it differs; SDKs compare it. */
  readonly queryCode?: string;
}

export const succeeded = (output: Readonly<Record<string, unknown>> = {}): Outcome => ({ ok: true, output });
export const failed = (type: string, message: string, queryCode?: string): Outcome => ({
  ok: false,
  error: { type, message, ...(queryCode === undefined ? {} : { queryCode }) },
});

/** An operation. `gone` returns whether the client has disconnected. */
export type Operation = (input: unknown, gone: () => boolean) => Outcome | Promise<Outcome>;

export interface AwsJsonApi {
  /** The prefix of `x-amz-target`: `AmazonSQS`. */
  readonly targetPrefix: string;
  /** The namespace of the error shapes: `com.amazonaws.sqs`. */
  readonly namespace: string;
  readonly operations: Readonly<Record<string, Operation>>;
  /** The JSON response to a GET request, for people and tests. */
  readonly page?: () => unknown;
}

/** Creates an operation that validates its input; it refuses invalid and unsupported input and names it. */
export function operation<Input extends z.ZodType>(
  shape: Input,
  run: (input: z.output<Input>, gone: () => boolean) => Outcome | Promise<Outcome>,
): Operation {
  return (input, gone) => {
    const parsed = shape.safeParse(input);
    if (parsed.success) return run(parsed.data, gone);
    const faults = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    return failed('InvalidParameterValueException', faults.join('; '), 'InvalidParameterValue');
  };
}

/**
 * Serves an AWS API by the AWS JSON protocol, version 1.0 (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html).
 * Calls must be signed; the signature is not verified.
 */
export async function serveAwsJson(api: AwsJsonApi): Promise<LoopbackServer> {
  return await serveOnLoopback((request, response) => {
    respond(api, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, { __type: 'InternalFailure', message: String(error) });
    });
  });
}

async function respond(api: AwsJsonApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && api.page !== undefined) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(api.page(), null, 2));
    return;
  }
  const body = await readBody(request);
  const outcome = await outcomeOf(api, request, body, () => response.destroyed);
  if (outcome.ok) return send(response, 200, outcome.output);
  const { type, message, queryCode = type } = outcome.error;
  response.setHeader('x-amzn-query-error', `${queryCode};Sender`);
  send(response, 400, { __type: `${api.namespace}#${type}`, message });
}

async function outcomeOf(
  { targetPrefix, operations }: AwsJsonApi,
  { headers }: IncomingMessage,
  body: Buffer,
  gone: () => boolean,
): Promise<Outcome> {
  const target = String(headers['x-amz-target']);
  const [prefix, name = ''] = target.split('.');
  const run = operations[name];
  if (prefix !== targetPrefix || run === undefined || !Object.hasOwn(operations, name)) {
    return failed('UnknownOperationException', `${target} is not emulated.`);
  }
  if (headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true) {
    return failed('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  let input: unknown;
  try {
    input = JSON.parse(text.toString());
  } catch {
    return failed('SerializationException', 'The body is not valid JSON.');
  }
  return await run(input, gone);
}

function send(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}
