import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, serveOnLoopback } from '../http/loopback-server.ts';
import type { Functions } from './functions.ts';

/** The Lambda API for the functions of the templates; operators' commands use it. */
export interface InvokeEndpoint {
  /** For `AWS_ENDPOINT_URL_LAMBDA`. */
  readonly url: string;
  close(): void;
}

const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Serves synchronous Invoke calls (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). */
export async function startInvokeEndpoint(functions: Pick<Functions, 'invoke'>): Promise<InvokeEndpoint> {
  return await serveOnLoopback((request, response) => {
    serve(request, response, functions).catch((error: unknown) => {
      answer(response, 500, { Message: String(error) });
    });
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  functions: Pick<Functions, 'invoke'>,
): Promise<void> {
  const [, reference] = invokePath.exec(new URL(request.url ?? '/', 'http://localhost').pathname) ?? [];
  if (request.method !== 'POST' || reference === undefined) {
    return answer(response, 404, { Message: 'Only Invoke of the Lambda API is emulated.' });
  }
  if (request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true) {
    return answer(response, 403, { Message: 'Missing Authentication Token' });
  }
  const event: unknown = JSON.parse((await readBody(request)).toString() || 'null');
  const result = await functions.invoke(decodeURIComponent(reference), event);
  if (result.ok) return answer(response, 200, result.payload);
  response.setHeader('x-amz-function-error', 'Unhandled');
  answer(response, 200, { errorMessage: result.error });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
}
