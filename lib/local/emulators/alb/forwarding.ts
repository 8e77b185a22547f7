import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import { errorPage } from './actions.ts';
import type { TargetGroup } from './target-group.ts';

export interface ForwardingSettings {
  readonly idleTimeoutSeconds: number;
  readonly dropInvalidHeaderFields: boolean;
  readonly forwardedFor: 'append' | 'preserve' | 'remove';
  readonly listenerPort: number;
}

/**
 * Forwards a request to a target of the group and returns its response, or an error page of the load balancer
 * ("Troubleshoot your Application Load Balancers"). Null when the client has disconnected.
 */
export async function forward(
  exchange: Exchange,
  group: TargetGroup | null,
  settings: ForwardingSettings,
): Promise<HttpResponse | null> {
  const picked = group?.pick(exchange.headers.get('cookie'));
  if (picked === null || picked === undefined) return errorPage(503, 'Service Temporarily Unavailable');
  const { target, setCookies } = picked;
  target.outstanding += 1;
  const ended = () => {
    target.outstanding -= 1;
  };
  const outcome = await target.upstream.call({
    method: exchange.method,
    target: exchange.query === '' ? exchange.path : `${exchange.path}?${exchange.query}`,
    headers: forwardedHeaders(exchange, settings),
    body: exchange.hasBody ? exchange.body() : null,
    timeoutMs: settings.idleTimeoutSeconds * 1_000,
    gone: exchange.gone,
  });
  if (outcome.kind === 'answered') outcome.body.once('close', ended);
  else ended();
  switch (outcome.kind) {
    case 'answered':
      for (const line of setCookies) outcome.headers.append('set-cookie', line);
      return outcome;
    case 'refused':
    case 'broken':
      return errorPage(502, 'Bad Gateway');
    case 'timeout':
      return errorPage(504, 'Gateway Time-out');
    case 'gone':
      return null;
    default:
      return outcome satisfies never;
  }
}

/** The header fields that a target receives ("HTTP headers and Application Load Balancers"). */
function forwardedHeaders(exchange: Exchange, settings: ForwardingSettings) {
  const headers = exchange.headers.copy();
  headers.deleteHopByHop();
  if (settings.dropInvalidHeaderFields) headers.keep((name) => /^[-a-z0-9]+$/.test(name));
  if (settings.forwardedFor === 'remove') headers.delete('x-forwarded-for');
  if (settings.forwardedFor === 'append') {
    const before = headers.get('x-forwarded-for');
    headers.set('x-forwarded-for', before === undefined ? exchange.peer : `${before}, ${exchange.peer}`);
  }
  headers.set('x-forwarded-proto', 'http');
  headers.set('x-forwarded-port', String(settings.listenerPort));
  return headers;
}
