import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { HeaderFields } from './header-fields.ts';

export interface UpstreamCall {
  readonly method: string;
  /** Path and query as they go on the request line. */
  readonly target: string;
  /** Sent as they are; without hop-by-hop fields. */
  readonly headers: HeaderFields;
  readonly body: AsyncIterable<Uint8Array> | Buffer | null;
  /** Until the answer's header, and again between two parts of its body. */
  readonly timeoutMs: number;
  /** The caller behind this call has gone. */
  readonly gone?: AbortSignal;
}

export type UpstreamOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: HeaderFields;
      readonly body: Readable;
    }
  /** `refused`: no connection; `timeout`; `broken`: cut off or not HTTP; `gone`: nobody waits any more. */
  | { readonly kind: 'refused' | 'timeout' | 'broken' | 'gone'; readonly detail: string };

/** One server behind a layer, with its pool of kept connections. */
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
    if (gone?.aborted) return { kind: 'gone', detail: 'the caller has gone' };
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
      // A body nobody reads to its end fails when the connection goes; the reader, if any, hears of it as well.
      answer.body.on('error', () => undefined);
      return { kind: 'answered', status: answer.statusCode, headers: answered, body: answer.body };
    } catch (error) {
      gone?.removeEventListener('abort', leave);
      const detail = error instanceof Error ? error.message : String(error);
      if (late) return { kind: 'timeout', detail: `no answer within ${timeoutMs} ms` };
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
