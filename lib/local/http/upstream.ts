import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { HeaderFields } from './header-fields.ts';

export interface UpstreamCall {
  readonly method: string;
  /** The path and the query of the request line. */
  readonly target: string;
  /** Sent unchanged; they must not contain hop-by-hop fields. */
  readonly headers: HeaderFields;
  readonly body: AsyncIterable<Uint8Array> | Buffer | null;
  /** The limit until the response header, and between two parts of the body. */
  readonly timeoutMs: number;
  /** Aborts when the client has disconnected. */
  readonly gone?: AbortSignal;
}

export type UpstreamOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: HeaderFields;
      readonly body: Readable;
    }
  /** `refused`: no connection; `timeout`; `broken`: cut off or not HTTP; `gone`: the client has disconnected. */
  | { readonly kind: 'refused' | 'timeout' | 'broken' | 'gone'; readonly detail: string };

/** An upstream server with its pool of connections. */
export class Upstream {
  readonly #pool: Pool;

  /** @param origin `http://host:port`. */
  constructor(origin: string, { connectTimeoutMs = 2_000 }: { readonly connectTimeoutMs?: number } = {}) {
    this.#pool = new Pool(origin, { connect: { timeout: connectTimeoutMs }, headersTimeout: 0 });
  }

  /** Never rejects. */
  async call({ method, target, headers, body, timeoutMs, gone }: UpstreamCall): Promise<UpstreamOutcome> {
    const abort = new AbortController();
    const leave = () => abort.abort();
    if (gone?.aborted) return { kind: 'gone', detail: 'The client has disconnected.' };
    gone?.addEventListener('abort', leave, { once: true });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      abort.abort();
    }, timeoutMs);
    try {
      const answer = await this.#pool.request({
        method,
        path: target,
        headers: headers.toRaw(),
        body: body as Buffer | null,
        signal: abort.signal,
        bodyTimeout: timeoutMs,
        responseHeaders: 'raw',
      });
      const answered = HeaderFields.fromRaw(answer.headers as unknown as string[]);
      answered.deleteHopByHop();
      answer.body.once('close', () => gone?.removeEventListener('abort', leave));
      // An unread body emits an error when the connection closes; a reader gets the error itself.
      answer.body.on('error', () => undefined);
      return { kind: 'answered', status: answer.statusCode, headers: answered, body: answer.body };
    } catch (error) {
      gone?.removeEventListener('abort', leave);
      const detail = error instanceof Error ? error.message : String(error);
      if (late) return { kind: 'timeout', detail: `No response within ${timeoutMs} ms.` };
      if (gone?.aborted) return { kind: 'gone', detail };
      return { kind: outcomeOf(error), detail };
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function outcomeOf(error: unknown): 'refused' | 'timeout' | 'broken' {
  switch ((error as { readonly code?: string }).code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EHOSTUNREACH':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'refused';
    default:
      return 'broken';
  }
}
