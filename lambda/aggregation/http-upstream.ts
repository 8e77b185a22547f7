import { Agent, type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure, Agent as SecureAgent } from 'node:https';
import { decodeBody } from './content-coding.ts';
import type {
  Upstream,
  UpstreamAnswer,
  UpstreamCall,
  UpstreamFailure,
  UpstreamFailureReason,
} from './ports.ts';
import { readHeaders } from './upstream-headers.ts';

export interface HttpUpstreamOptions {
  /** Base URL of a service: the load balancer's, or the external one's. */
  readonly baseUrl: (service: string) => string;
  /** Connections to one host. Calls beyond them wait, within their own time. */
  readonly maxConnections: number;
  /** Milliseconds of a clock that does not step back. */
  readonly now: () => number;
}

/**
 * A connection that has rested longer is closed instead of used: its other end may have closed it while Lambda had the
 * process frozen. A load balancer closes after 60 s by default
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html), and who
 * closes earlier mostly says so (`Keep-Alive: timeout=5`), which the agent heeds.
 */
const maxRestMilliseconds = 20_000;

/** Asks services over connections that are kept between calls, and between invocations. */
export class HttpUpstream implements Upstream {
  readonly #options: HttpUpstreamOptions;
  readonly #agents: { readonly plain: Agent; readonly secure: SecureAgent };
  #usedAt = Number.NEGATIVE_INFINITY;

  constructor(options: HttpUpstreamOptions) {
    this.#options = options;
    this.#agents = agentsOf(options.maxConnections);
  }

  async call(call: UpstreamCall): Promise<UpstreamAnswer | UpstreamFailure> {
    this.#closeRested();
    const outcome = await this.#exchange(call, new URL(this.#options.baseUrl(call.service)));
    this.#usedAt = this.#options.now();
    return outcome;
  }

  close(): void {
    this.#agents.plain.destroy();
    this.#agents.secure.destroy();
  }

  /** Those in use are never closed: where one is, `#usedAt` is the end of an earlier call, but they are not at rest. */
  #closeRested(): void {
    if (this.#options.now() - this.#usedAt < maxRestMilliseconds) return;
    for (const agent of [this.#agents.plain, this.#agents.secure]) {
      for (const sockets of Object.values(agent.freeSockets)) {
        for (const socket of sockets ?? []) socket.destroy();
      }
    }
  }

  async #exchange(call: UpstreamCall, base: URL): Promise<UpstreamAnswer | UpstreamFailure> {
    const ends = endsOf(call);
    try {
      const isSecure = base.protocol === 'https:';
      const options: RequestOptions = {
        hostname: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port,
        path: base.pathname.replace(/\/$/, '') + call.path,
        method: call.method,
        headers: { ...call.headers, ...lengthOf(call) },
        agent: isSecure ? this.#agents.secure : this.#agents.plain,
        signal: ends.signal,
      };
      const send = isSecure ? requestSecure : requestPlain;
      const response = await respond(send, options, call);
      return await answerOf(response, call);
    } catch (error) {
      return failed(reasonOf(error, ends.reason()));
    } finally {
      ends.clear();
    }
  }
}

function agentsOf(maxConnections: number) {
  const options = { keepAlive: true, maxSockets: maxConnections, maxFreeSockets: maxConnections };
  return { plain: new Agent(options), secure: new SecureAgent(options) };
}

/** Raised for an answer over the call's `maxBytes`. */
class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** One signal for the call's own time and for its caller's end, and which of them it was. */
function endsOf({ signal, timeoutMilliseconds }: UpstreamCall) {
  const controller = new AbortController();
  let reason: UpstreamFailureReason | undefined;
  const end = (because: UpstreamFailureReason) => {
    reason ??= because;
    controller.abort();
  };
  // A deadline of the caller is a service that was too slow for it, and counts as such.
  const onAbort = () => end(isTimeout(signal.reason) ? 'timeout' : 'aborted');
  const timer = setTimeout(() => end('timeout'), Math.max(timeoutMilliseconds, 0));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    reason: () => reason,
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

/**
 * Sends, and sends once more where a kept connection turns out to have been closed by its other end: only a call that
 * may be made twice, and only on a connection of its own then.
 */
async function respond(
  send: typeof requestPlain,
  options: RequestOptions,
  call: UpstreamCall,
): Promise<IncomingMessage> {
  const first = await attempt(send, options, call);
  if (first.kind === 'response') return first.response;
  const mayResend = call.method === 'GET' || call.method === 'HEAD';
  if (!first.onKeptConnection || !mayResend || options.signal?.aborted === true) throw first.error;
  const second = await attempt(send, { ...options, agent: false }, call);
  if (second.kind === 'response') return second.response;
  throw second.error;
}

type Attempt =
  | { readonly kind: 'response'; readonly response: IncomingMessage }
  | { readonly kind: 'error'; readonly error: unknown; readonly onKeptConnection: boolean };

function attempt(
  send: typeof requestPlain,
  options: RequestOptions,
  { body }: UpstreamCall,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const request = send(options, (response) => resolve({ kind: 'response', response }));
    request.on('error', (error) =>
      resolve({ kind: 'error', error, onKeptConnection: request.reusedSocket && isReset(error) }),
    );
    request.end(body);
  });
}

function isReset(error: Error & { readonly code?: string }): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

/** Node would send a body without a length in chunks, which a load balancer takes and some services do not. */
function lengthOf({ body }: UpstreamCall): Record<string, string> {
  return body === undefined ? {} : { 'content-length': `${body.length}` };
}

async function answerOf(
  response: IncomingMessage,
  { method, maxBytes }: UpstreamCall,
): Promise<UpstreamAnswer> {
  const { headers, cookies } = readHeaders(response.rawHeaders);
  const raw = await readBody(response, method === 'HEAD' ? Number.POSITIVE_INFINITY : maxBytes);
  const { body, isDecoded } = await decodeBody(raw, headers['content-encoding'], maxBytes);
  if (body === undefined) throw new TooLargeError();
  // No longer true of what is handed on.
  if (isDecoded) delete headers['content-encoding'];
  return { kind: 'answer', status: response.statusCode ?? 0, headers, cookies, body };
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw new TooLargeError();
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new TooLargeError();
      chunks.push(chunk);
    }
  } catch (error) {
    response.destroy();
    throw error;
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

function reasonOf(error: unknown, ended: UpstreamFailureReason | undefined): UpstreamFailureReason {
  if (ended !== undefined) return ended;
  if (error instanceof TooLargeError) return 'too-large';
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'getaddrinfo') return 'dns';
  // What Node refuses to send is the caller's doing and says nothing of the service.
  return code.startsWith('ERR_INVALID') || code === 'ERR_UNESCAPED_CHARACTERS' ? 'aborted' : 'connection';
}

function failed(because: UpstreamFailureReason): UpstreamFailure {
  return { kind: 'failed', because };
}
