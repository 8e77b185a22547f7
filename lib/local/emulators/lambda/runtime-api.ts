import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRecord } from '../../../common/is-record.ts';
import { readBody, serveOnLoopback } from '../http/loopback-server.ts';

/** An event for a function. */
export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  /** The deadline of the function, in milliseconds since 1970. */
  readonly deadlineMilliseconds: number;
}

/** The result of an invocation: the response of the handler, or an error message. */
export type InvocationResult =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly error: string };

export type Initialisation = { readonly ok: true } | { readonly ok: false; readonly error: string };

/** The Runtime API of one function process, which handles one event at a time. */
export interface RuntimeApi {
  /** `host:port`, for `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Resolves when the process requests its first event or reports an initialisation error. */
  readonly initialised: Promise<Initialisation>;
  /** Passes an event to the process. Call it again only after the result. */
  invoke(invocation: Invocation): Promise<InvocationResult>;
  close(): void;
}

const runtimePath = /^\/2018-06-01\/runtime\/(init|invocation)\/([^/]+)(?:\/([a-z]+))?$/;

/** The response limit of a synchronous invocation: 6 MB plus 100 bytes. */
const maxAnswerBytes = 6 * 1024 * 1024 + 100;

/**
 * Serves the Lambda Runtime API, version 2018-06-01, to one process.
 *
 * @param functionArn the `invokedFunctionArn` in the context of the handler.
 */
export async function startRuntimeApi(functionArn: string): Promise<RuntimeApi> {
  let initialise: (outcome: Initialisation) => void = () => {};
  const initialised = new Promise<Initialisation>((resolve) => {
    initialise = resolve;
  });
  let idle: ServerResponse | undefined;
  let waiting: Invocation | undefined;
  let underWay: { requestId: string; resolve: (result: InvocationResult) => void } | undefined;

  const handOver = (): void => {
    if (idle === undefined || waiting === undefined) return;
    idle.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': waiting.requestId,
      'lambda-runtime-deadline-ms': String(waiting.deadlineMilliseconds),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': traceId(waiting),
    });
    idle.end(JSON.stringify(waiting.event));
    idle = undefined;
    waiting = undefined;
  };

  /** Ends the current invocation with the response of the process. */
  const settle = (response: ServerResponse, requestId: string, result: InvocationResult): void => {
    if (underWay?.requestId !== requestId) {
      answer(response, 400, {
        errorType: 'InvalidRequestID',
        errorMessage: `${requestId} is not the current invocation`,
      });
      return;
    }
    underWay.resolve(result);
    underWay = undefined;
    answer(response, 202, { status: 'OK' });
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, subject, id = '', verb] = runtimePath.exec(request.url ?? '') ?? [];
    const body = await readBody(request);
    switch (`${request.method} ${subject}/${verb ?? id}`) {
      case 'GET invocation/next':
        idle = response;
        initialise({ ok: true });
        return handOver();
      case 'POST init/error':
        initialise({ ok: false, error: errorText(body) });
        return answer(response, 202, { status: 'OK' });
      case 'POST invocation/response':
        return settle(response, id, parseAnswer(body));
      case 'POST invocation/error':
        return settle(response, id, { ok: false, error: errorText(body) });
      default:
        return answer(response, 404, { errorType: 'NotFound', errorMessage: 'The operation does not exist' });
    }
  };

  const server = await serveOnLoopback((request, response) => {
    serve(request, response).catch(() => response.destroy()); // The process ended while it sent the request.
  });

  return {
    address: new URL(server.url).host,
    initialised,
    invoke(invocation) {
      return new Promise((resolve) => {
        underWay = { requestId: invocation.requestId, resolve };
        waiting = invocation;
        handOver();
      });
    },
    close() {
      server.close();
    },
  };
}

/** The X-Ray header of a request that is not traced. */
function traceId({ requestId, deadlineMilliseconds }: Invocation): string {
  const seconds = Math.floor(deadlineMilliseconds / 1_000).toString(16);
  return `Root=1-${seconds}-${requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`;
}

function parseAnswer(body: Buffer): InvocationResult {
  if (body.length > maxAnswerBytes) {
    return {
      ok: false,
      error: `Function.ResponseSizeTooLarge: ${body.length} bytes are over ${maxAnswerBytes}`,
    };
  }
  try {
    return { ok: true, payload: JSON.parse(body.toString()) };
  } catch {
    return { ok: false, error: 'Runtime.InvalidResponse: the response is not valid JSON' };
  }
}

function errorText(body: Buffer): string {
  const report = parseAnswer(body);
  const fields = report.ok && isRecord(report.payload) ? report.payload : {};
  return `${String(fields['errorType'])}: ${String(fields['errorMessage'])}`;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
