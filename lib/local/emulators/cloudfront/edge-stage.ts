import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import type { Behavior } from './behaviors.ts';
import type { EdgeRequest } from './edge-request.ts';
import { errorPage } from './error-page.ts';
import type { XCache } from './shared-cache.ts';

/** A request on its way through the stages of the edge. */
export interface EdgeCall {
  readonly exchange: Exchange;
  readonly request: EdgeRequest;
  readonly behavior: Behavior;
}

/** The source of a response, as `X-Cache` names it. */
type Source = XCache | 'FunctionGeneratedResponse' | 'FunctionExecutionError' | 'FunctionValidationError';

export interface Reply {
  readonly answer: HttpResponse;
  readonly source: Source;
  /** The stage that refused the request, for the log. */
  readonly refusedBy?: 'WAF' | 'edge';
  /** The `Age` of a cached response, in seconds. */
  readonly ageSeconds?: number;
}

/** Returns the reply to a call; null when the viewer has disconnected. */
export type Respond = (call: EdgeCall) => Promise<Reply | null>;

/** One step of the edge: it replies itself, or calls the next stage and may change the call and the reply. */
export type Stage = (call: EdgeCall, next: Respond) => Promise<Reply | null>;

/** A reply with an error page of CloudFront. */
export function errorReply(
  { request }: Pick<EdgeCall, 'request'>,
  status: number,
  detail: string,
  source: Source = 'Error',
): Reply {
  return {
    answer: errorPage(status, detail, request.requestId),
    source,
    ...(source === 'Error' ? { refusedBy: 'edge' } : {}),
  };
}
