import type { OriginSecrets } from '../../runtime/aws/origin-secret.ts';
import type { RefreshedValue } from '../../runtime/concurrency/refreshed-value.ts';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { type HttpRequest, type HttpResponse, readHttpRequest } from '../../runtime/http/lambda-http.ts';
import { describeError, type Log } from '../../runtime/logging/log.ts';
import type { Claim } from '../../runtime/webhooks/webhook-deliveries.ts';
import {
  verifyStandard,
  verifyStripe,
  type WebhookSignatureResult,
} from '../../runtime/webhooks/webhook-signatures.ts';
import type { RefusalReason, WebhookSettings, WebhookSource } from './contract.ts';
import { type DeliveryPorts, deliver } from './delivery.ts';
import { problem, received } from './responses.ts';
import { readWebhook } from './webhook-event.ts';
import { type WebhookTelemetry, webhookMetrics } from './webhook-metrics.ts';

export interface WebhookDependencies {
  readonly settings: WebhookSettings;
  readonly originSecrets: OriginSecrets;
  /** Live values of the senders' secrets, by the sender's name. */
  readonly secrets: ReadonlyMap<string, RefreshedValue<readonly string[]>>;
  readonly delivery: DeliveryPorts;
  /** A text that no other attempt has. */
  readonly newOwner: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  /** Takes one line of metrics without its end. */
  readonly writeMetrics: (line: string) => void;
}

/** Above what Stripe or Standard Webhooks send, and below what Kafka and SQS take. */
export const maxBodyBytes = 256 * 1024;

/** When it is of use to come again after a 503. Senders have schedules of their own; proxies may heed it. */
const retryAfterSeconds = 30;

interface Outcome {
  readonly answer: HttpResponse;
  readonly seen: WebhookTelemetry;
}

/**
 * The function's handler. A delivery is answered with 2xx only once its event is safe: in the log on all in-sync
 * replicas, in the fallback queue, or there already. Everything else says so with a status that the sender heeds: any
 * 4xx or 5xx is sent again by Stripe for three days, and a 409 or 503 is worth it.
 */
export function createWebhooks(dependencies: WebhookDependencies) {
  const { settings, now, log, writeMetrics } = dependencies;
  return async (event: unknown): Promise<HttpResponse> => {
    const call = readHttpRequest(event);
    const source = settings.sources[call.routeKey];
    if (source === undefined) return problem(call, 404, 'No sender is expected here.');
    let outcome: Outcome;
    try {
      outcome = await take(call, source, dependencies);
    } catch (error) {
      log.error('A webhook could not be taken.', { error: describeError(error), webhook: source.name });
      outcome = unavailable(call, 'The event could not be taken.');
    }
    writeMetrics(webhookMetrics(outcome.seen, settings.environment, source.name, now()));
    return outcome.answer;
  };
}

async function take(
  call: HttpRequest,
  source: WebhookSource,
  dependencies: WebhookDependencies,
): Promise<Outcome> {
  const refusal = await refusalOf(call, source, dependencies);
  if (refusal !== undefined) return refusal;
  const read = readWebhook(source, call, dependencies.now());
  if (read.kind === 'unreadable') return refused(call, 400, 'body', read.detail);
  const { event } = read;
  const { eventType } = event.data;

  const { delivery, newOwner } = dependencies;
  const { deliveries } = delivery;
  const owner = newOwner();
  const claim = await deliveries.claim(event, owner);
  if (claim.kind === 'done') {
    return { answer: received(call, 'duplicate'), seen: { kind: 'duplicate', eventType } };
  }
  if (claim.kind === 'in-progress') return inProgress(call, claim, eventType);
  const isClaimed = claim.kind === 'claimed';
  // Without the store the event is taken all the same: who reads the log knows events by their ids.
  const delivered = await deliver(event, isClaimed && claim.hasBacklog, delivery);
  if (delivered === 'undelivered') {
    if (isClaimed) await deliveries.release(event, owner);
    return unavailable(call, 'Neither the event log nor its fallback takes events.', eventType);
  }
  await deliveries.finish(event);
  return {
    answer: received(call, 'accepted'),
    seen: { kind: 'accepted', eventType, byQueue: delivered === 'queue', isClaimed },
  };
}

/** What speaks against a call before its body is looked into; undefined where nothing does. */
async function refusalOf(
  call: HttpRequest,
  source: WebhookSource,
  dependencies: WebhookDependencies,
): Promise<Outcome | undefined> {
  const { originSecrets, now } = dependencies;
  const origin = await originSecrets.check(call.headers[requestHeaders.originSecret] ?? '', now());
  if (origin === 'refused') return refused(call, 403, 'origin', 'The caller may not do this.');
  if (origin === 'unknown') return unavailable(call, 'The origin of the call cannot be judged.');
  if (call.body.length > maxBodyBytes) {
    return refused(call, 413, 'too-large', `The body has more than ${maxBodyBytes} bytes.`);
  }
  const result = await verify(call, source, dependencies);
  if (result === 'unknown') return unavailable(call, 'The signature cannot be judged.');
  if (result.kind === 'valid') return undefined;
  const { reason, detail } = signatureFaults[result.kind];
  return refused(call, 400, reason, detail);
}

/** A signature that no known value has made may be by one just rotated in: the values are read again, with a cool-down. */
async function verify(
  call: HttpRequest,
  source: WebhookSource,
  { secrets, now }: WebhookDependencies,
): Promise<WebhookSignatureResult | 'unknown'> {
  const values = secrets.get(source.name);
  const check = source.format === 'stripe' ? verifyStripe : verifyStandard;
  const judge = async (): Promise<WebhookSignatureResult | 'unknown'> => {
    const known = await values?.current(now());
    if (known === undefined) return 'unknown';
    return check(call, { secrets: known, toleranceSeconds: source.toleranceSeconds, now: now() });
  };
  const result = await judge();
  if (result !== 'unknown' && result.kind !== 'mismatch') return result;
  await values?.refresh(now());
  return await judge();
}

const signatureFaults: Readonly<
  Record<
    Exclude<WebhookSignatureResult['kind'], 'valid'>,
    { readonly reason: RefusalReason; readonly detail: string }
  >
> = {
  missing: { reason: 'signature-missing', detail: 'The call carries no signature.' },
  malformed: { reason: 'signature-malformed', detail: 'The signature cannot be read.' },
  mismatch: { reason: 'signature-mismatch', detail: 'The signature is not by a secret of this endpoint.' },
  stale: { reason: 'timestamp', detail: 'The signature is too old, or from the future.' },
};

function refused(call: HttpRequest, status: 400 | 403 | 413, reason: RefusalReason, detail: string): Outcome {
  return { answer: problem(call, status, detail), seen: { kind: 'refused', reason } };
}

function inProgress(call: HttpRequest, claim: Claim & { kind: 'in-progress' }, eventType: string): Outcome {
  return {
    answer: problem(call, 409, 'Another delivery of this event is under way.', claim.retryAfterSeconds),
    seen: { kind: 'in-progress', eventType },
  };
}

function unavailable(call: HttpRequest, detail: string, eventType?: string): Outcome {
  return {
    answer: problem(call, 503, detail, retryAfterSeconds),
    seen: { kind: 'undelivered', ...(eventType === undefined ? {} : { eventType }) },
  };
}
