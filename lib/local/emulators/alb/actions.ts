import { type Exchange, type HttpResponse, textResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { ActionProperties } from './load-balancer-resources.ts';
import type { TargetGroup } from './target-group.ts';
import { weightedChoice } from './weighted-choice.ts';

export type Action =
  | { readonly kind: 'answer'; readonly answer: (exchange: Exchange) => HttpResponse }
  /** `choose` returns null when every weight is zero. */
  | { readonly kind: 'forward'; readonly choose: () => TargetGroup | null };

/**
 * @param groupOf finds a target group by its reference.
 * @returns null when a target group does not exist.
 */
export function compileAction(
  action: ActionProperties,
  groupOf: (reference: string) => TargetGroup | undefined,
  listenerPort: number,
): Action | null {
  switch (action.Type) {
    case 'fixed-response': {
      const { StatusCode, ContentType = 'text/plain', MessageBody = '' } = action.FixedResponseConfig;
      return {
        kind: 'answer',
        answer: () => loadBalancerAnswer(textResponse(Number(StatusCode), ContentType, MessageBody)),
      };
    }
    case 'redirect': {
      const config = action.RedirectConfig;
      const status = Number(config.StatusCode.replace('HTTP_', ''));
      return {
        kind: 'answer',
        answer: (exchange) => ({
          status,
          headers: HeaderFields.of({
            server: 'awselb/2.0',
            location: location(config, exchange, listenerPort),
          }),
          body: Buffer.alloc(0),
        }),
      };
    }
    case 'forward': {
      const declared = action.ForwardConfig?.TargetGroups ?? [
        { TargetGroupArn: action.TargetGroupArn ?? '', Weight: 1 },
      ];
      const groups = declared.map(({ TargetGroupArn, Weight = 1 }) => ({
        value: groupOf(TargetGroupArn),
        weight: Weight,
      }));
      if (groups.some(({ value }) => value === undefined)) return null;
      const next = weightedChoice(groups);
      return { kind: 'forward', choose: () => next() ?? null };
    }
    default:
      return action satisfies never;
  }
}

/** Marks a response that the load balancer itself generated. */
function loadBalancerAnswer(answer: HttpResponse): HttpResponse {
  answer.headers.set('server', 'awselb/2.0');
  return answer;
}

/** An error page of the load balancer. */
export function errorPage(status: number, title: string): HttpResponse {
  const page = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return loadBalancerAnswer(textResponse(status, 'text/html', page));
}

type RedirectConfig = Extract<ActionProperties, { Type: 'redirect' }>['RedirectConfig'];

/** Fills in `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`; other parts stay as requested. */
function location(config: RedirectConfig, exchange: Exchange, listenerPort: number): string {
  const requested: Readonly<Record<string, string>> = {
    protocol: 'HTTP',
    host: (exchange.headers.get('host') ?? '').replace(/:\d+$/, ''),
    port: String(listenerPort),
    path: exchange.path.slice(1),
    query: exchange.query,
  };
  const fill = (template: string) =>
    template.replaceAll(/#\{(\w+)\}/g, (_, name: string) => requested[name] ?? '');
  const protocol = fill(config.Protocol ?? '#{protocol}').toLowerCase();
  const query = fill(config.Query ?? '#{query}');
  return `${protocol}://${fill(config.Host ?? '#{host}')}:${fill(config.Port ?? '#{port}')}${fill(
    config.Path ?? '/#{path}',
  )}${query === '' ? '' : `?${query}`}`;
}
