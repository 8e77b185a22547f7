import { Agent, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure, Agent as SecureAgent } from 'node:https';
import { CallTermination } from './call-termination.ts';
import { decodeBody } from './content-coding.ts';
import type {
  Upstream,
  UpstreamAnswer,
  UpstreamCall,
  UpstreamFailure,
  UpstreamFailureReason,
} from './ports.ts';
import { attempt, InvalidAnswerError, type RawAnswer, TooLargeError } from './upstream-exchange.ts';
import { readHeaders } from './upstream-headers.ts';

export interface HttpUpstreamOptions {
  /** Base URL of a service: the load balancer's, or the external one's. */
  readonly baseUrl: (service: string) => string;
  /** Connections to one host. Further calls wait, within their own time. */
  readonly maxConnections: number;
  /** Milliseconds of a clock that does not step back. */
  readonly now: () => number;
}

/**
 * A connection that was idle for longer is closed instead of used: the server may have closed it while Lambda
 * had frozen the process. A load balancer closes after 60 s by default
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html); a
 * server with a shorter time usually announces it (`Keep-Alive: timeout=5`), which the agent respects.
 */
const maxIdleMilliseconds = 20_000;

/** Calls services over connections that are kept between calls, and between invocations. */
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

  /**
   * Closes idle connections only: `#usedAt` is the end of an earlier call, but a connection in use is not
   * idle.
   */
  #closeRested(): void {
    if (this.#options.now() - this.#usedAt < maxIdleMilliseconds) return;
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
    const end = new CallTermination(call);
    try {
      return await answerOf(await send(isSecure ? requestSecure : requestPlain, options, call, end), call);
    } catch (error) {
      return failed(reasonOf(error, end.reason));
    } finally {
      end.clear();
    }
  }
}

/** A parsed base URL. */
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

/**
 * Sends, and retries once when the server had already closed a kept connection: only idempotent calls, and on
 * a new connection.
 */
async function send(
  request: typeof requestPlain,
  options: RequestOptions,
  call: UpstreamCall,
  end: CallTermination,
): Promise<RawAnswer> {
  const first = await attempt(request, options, call, end);
  if (first.kind === 'answer') return first.answer;
  const mayResend = call.method === 'GET' || call.method === 'HEAD';
  if (!first.onKeptConnection || !mayResend || end.reason !== undefined) throw first.error;
  const second = await attempt(request, { ...options, agent: false }, call, end);
  if (second.kind === 'answer') return second.answer;
  throw second.error;
}

/**
 * Without a length Node would send a body in chunks, which a load balancer accepts and some services do not.
 */
function lengthOf({ body }: UpstreamCall): Record<string, string> {
  return body === undefined ? {} : { 'content-length': `${body.length}` };
}

async function answerOf(raw: RawAnswer, { maxBytes }: UpstreamCall): Promise<UpstreamAnswer> {
  const { headers, cookies } = readHeaders(raw.headers);
  const coding = headers['content-encoding'];
  if (coding === undefined) return { kind: 'answer', status: raw.status, headers, cookies, body: raw.body };
  const { body, isDecoded } = await decodeBody(raw.body, coding, maxBytes).catch(() => {
    throw new InvalidAnswerError(`The body is not ${coding}.`);
  });
  if (body === undefined) throw new TooLargeError();
  // Not valid for the decoded body.
  if (isDecoded) delete headers['content-encoding'];
  return { kind: 'answer', status: raw.status, headers, cookies, body };
}

function reasonOf(error: unknown, ended: CallTermination['reason']): UpstreamFailureReason {
  if (ended !== undefined) return ended;
  if (error instanceof TooLargeError) return 'too-large';
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  // Node's parser refuses it.
  if (error instanceof InvalidAnswerError || code.startsWith('HPE_')) return 'invalid-answer';
  if (syscall === 'getaddrinfo') return 'dns';
  // A request that Node refuses to send is the caller's fault, and says nothing about the service.
  return code.startsWith('ERR_INVALID') || code === 'ERR_UNESCAPED_CHARACTERS' ? 'aborted' : 'connection';
}

function failed(reason: UpstreamFailureReason): UpstreamFailure {
  return { kind: 'failed', reason };
}
