import { Agent, type ClientRequest, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure, Agent as SecureAgent } from 'node:https';
import { startDeadline } from '../shared/deadline.ts';
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
  readonly #origins = new Map<string, Origin>();
  readonly #agents: { readonly plain: Agent; readonly secure: SecureAgent };
  #usedAt = Number.NEGATIVE_INFINITY;

  constructor(options: HttpUpstreamOptions) {
    this.#options = options;
    this.#agents = agentsOf(options.maxConnections);
  }

  async call(call: UpstreamCall): Promise<UpstreamAnswer | UpstreamFailure> {
    this.#closeRested();
    const outcome = await this.#exchange(call, this.#originOf(call.service));
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

  #originOf(service: string): Origin {
    const origin = this.#origins.get(service) ?? readOrigin(this.#options.baseUrl(service));
    this.#origins.set(service, origin);
    return origin;
  }

  async #exchange(
    call: UpstreamCall,
    { isSecure, hostname, port, prefix }: Origin,
  ): Promise<UpstreamAnswer | UpstreamFailure> {
    const options: RequestOptions = {
      hostname,
      port,
      path: prefix + call.path,
      method: call.method,
      headers: { ...call.headers, ...lengthOf(call) },
      agent: isSecure ? this.#agents.secure : this.#agents.plain,
    };
    const end = new End(call);
    try {
      return await answerOf(await send(isSecure ? requestSecure : requestPlain, options, call, end), call);
    } catch (error) {
      return failed(reasonOf(error, end.reason));
    } finally {
      end.clear();
    }
  }
}

/** A base URL, taken apart once. */
interface Origin {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: string;
  readonly prefix: string;
}

function readOrigin(url: string): Origin {
  const { protocol, hostname, port, pathname } = new URL(url);
  return {
    isSecure: protocol === 'https:',
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    prefix: pathname.replace(/\/$/, ''),
  };
}

function agentsOf(maxConnections: number) {
  const options = { keepAlive: true, maxSockets: maxConnections, maxFreeSockets: maxConnections };
  return { plain: new Agent(options), secure: new SecureAgent(options) };
}

/** Raised for an answer over the call's `maxBytes`. */
class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** What ends a call before its answer: its own time, or its caller. */
class End {
  readonly #signal: AbortSignal;
  readonly #deadline: ReturnType<typeof startDeadline>;
  #request: ClientRequest | undefined;
  reason: 'timeout' | 'aborted' | undefined;

  constructor({ signal, timeoutMilliseconds }: UpstreamCall) {
    this.#signal = signal;
    this.#deadline = startDeadline(timeoutMilliseconds, () => this.#end('timeout'));
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Ends this request in place of an earlier one. */
  follow(request: ClientRequest): void {
    this.#request = request;
    if (this.reason !== undefined) request.destroy();
  }

  clear(): void {
    this.#deadline.clear();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  /** A deadline of the caller is a service that was too slow for it, and counts as such. */
  readonly #onAbort = (): void => this.#end(isTimeout(this.#signal.reason) ? 'timeout' : 'aborted');

  #end(reason: 'timeout' | 'aborted'): void {
    this.reason ??= reason;
    this.#request?.destroy();
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

interface RawAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/**
 * Sends, and sends once more where a kept connection turns out to have been closed by its other end: only a call that
 * may be made twice, and only on a connection of its own then.
 */
async function send(
  request: typeof requestPlain,
  options: RequestOptions,
  call: UpstreamCall,
  end: End,
): Promise<RawAnswer> {
  const first = await attempt(request, options, call, end);
  if (first.kind === 'answer') return first.answer;
  const mayResend = call.method === 'GET' || call.method === 'HEAD';
  if (!first.onKeptConnection || !mayResend || end.reason !== undefined) throw first.error;
  const second = await attempt(request, { ...options, agent: false }, call, end);
  if (second.kind === 'answer') return second.answer;
  throw second.error;
}

type Attempt =
  | { readonly kind: 'answer'; readonly answer: RawAnswer }
  | { readonly kind: 'error'; readonly error: unknown; readonly onKeptConnection: boolean };

/** By events: reading by an iterator costs a call several times as much. */
function attempt(
  makeRequest: typeof requestPlain,
  options: RequestOptions,
  { method, body, maxBytes }: UpstreamCall,
  end: End,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const request = makeRequest(options);
    const fail = (error: unknown, onKeptConnection = false) => {
      resolve({ kind: 'error', error, onKeptConnection });
      request.destroy();
    };
    request.on('error', (error) => fail(error, request.reusedSocket && isReset(error)));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes && method !== 'HEAD') fail(new TooLargeError());
        else chunks.push(chunk);
      });
      response.on('error', (error) => fail(error));
      response.on('end', () => {
        const { statusCode = 0, rawHeaders } = response;
        resolve({ kind: 'answer', answer: { status: statusCode, headers: rawHeaders, body: join(chunks) } });
      });
    });
    end.follow(request);
    request.end(body);
  });
}

function join(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

function isReset(error: Error & { readonly code?: string }): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

/** Node would send a body without a length in chunks, which a load balancer takes and some services do not. */
function lengthOf({ body }: UpstreamCall): Record<string, string> {
  return body === undefined ? {} : { 'content-length': `${body.length}` };
}

async function answerOf(raw: RawAnswer, { maxBytes }: UpstreamCall): Promise<UpstreamAnswer> {
  const { headers, cookies } = readHeaders(raw.headers);
  const coding = headers['content-encoding'];
  if (coding === undefined) return { kind: 'answer', status: raw.status, headers, cookies, body: raw.body };
  const { body, isDecoded } = await decodeBody(raw.body, coding, maxBytes);
  if (body === undefined) throw new TooLargeError();
  // No longer true of what is handed on.
  if (isDecoded) delete headers['content-encoding'];
  return { kind: 'answer', status: raw.status, headers, cookies, body };
}

function reasonOf(error: unknown, ended: End['reason']): UpstreamFailureReason {
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
