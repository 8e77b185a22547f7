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
  /** Returns a unique text for each attempt. */
  readonly newOwner: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  /** Receives one line of metrics without its end. */
  readonly writeMetrics: (line: string) => void;
}

/** Above the bodies of Stripe and Standard Webhooks, and below the limits of Kafka and SQS. */
export const maxBodyBytes = 256 * 1024;

/** Retry time after a 503. Senders have their own schedules; proxies may use it. */
const retryAfterSeconds = 30;

interface Outcome {
  readonly answer: HttpResponse;
  readonly seen: WebhookTelemetry;
}

/**
 * The function's handler. It answers a delivery with 2xx only once its event is stored: in the log on all
 * in-sync replicas, in the fallback queue, or by an earlier delivery. Any other result has a status on which
 * the sender retries: Stripe retries on any 4xx or 5xx for three days, and only 409 and 503 are worth it.
 */
export function createWebhooks(dependencies: WebhookDependencies) {
  const { settings, now, log, writeMetrics } = dependencies;
  return async (event: unknown): Promise<HttpResponse> => {
    const call = readHttpRequest(event);
    const source = settings.sources[call.routeKey];
    if (source === undefined) return problem(call, 404, 'This path has no webhook sender.');
    let outcome: Outcome;
    try {
      outcome = await take(call, source, dependencies);
    } catch (error) {
      log.error('A webhook could not be stored.', { error: describeError(error), webhook: source.name });
      outcome = unavailable(call, 'The event could not be stored.');
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
  // Without the limit store the event is stored anyway: consumers of the log deduplicate events by their ids.
  const delivered = await deliver(event, isClaimed && claim.hasBacklog, delivery);
  if (delivered === 'undelivered') {
    if (isClaimed) await deliveries.release(event, owner);
    return unavailable(call, 'Neither the event log nor its fallback queue accepts events.', eventType);
  }
  await deliveries.finish(event);
  return {
    answer: received(call, 'accepted'),
    seen: { kind: 'accepted', eventType, byQueue: delivered === 'queue', isClaimed },
  };
}

/** Why a call is refused before its body is parsed; undefined if it is not. */
async function refusalOf(
  call: HttpRequest,
  source: WebhookSource,
  dependencies: WebhookDependencies,
): Promise<Outcome | undefined> {
  const { originSecrets, now } = dependencies;
  const origin = await originSecrets.check(call.headers[requestHeaders.originSecret] ?? '', now());
  if (origin === 'refused')
    return refused(call, 403, 'origin', 'The caller does not have permission for this request.');
  if (origin === 'unknown')
    return unavailable(call, 'The origin of the request cannot be checked right now.');
  if (call.body.length > maxBodyBytes) {
    return refused(call, 413, 'too-large', `The body has more than ${maxBodyBytes} bytes.`);
  }
  const result = await verify(call, source, dependencies);
  if (result === 'unknown') return unavailable(call, 'The signature cannot be checked right now.');
  if (result.kind === 'valid') return undefined;
  const { reason, detail } = signatureFaults[result.kind];
  return refused(call, 400, reason, detail);
}

/**
 * A signature that matches no known value may use one that was just rotated in: the values are read again,
 * with a cool-down.
 */
async function verify(
  call: HttpRequest,
  source: WebhookSource,
  { secrets, now }: WebhookDependencies,
): Promise<WebhookSignatureResult | 'unknown'> {
  const values = secrets.get(source.name);
  const check = source.format === 'stripe' ? verifyStripe : verifyStandard;
  const checkSignature = async (): Promise<WebhookSignatureResult | 'unknown'> => {
    const known = await values?.current(now());
    if (known === undefined) return 'unknown';
    return check(call, { secrets: known, toleranceSeconds: source.toleranceSeconds, now: now() });
  };
  const result = await checkSignature();
  if (result !== 'unknown' && result.kind !== 'mismatch') return result;
  await values?.refresh(now());
  return await checkSignature();
}

const signatureFaults: Readonly<
  Record<
    Exclude<WebhookSignatureResult['kind'], 'valid'>,
    { readonly reason: RefusalReason; readonly detail: string }
  >
> = {
  missing: { reason: 'signature-missing', detail: 'The request has no signature.' },
  malformed: { reason: 'signature-malformed', detail: 'The signature is malformed.' },
  mismatch: {
    reason: 'signature-mismatch',
    detail: 'The signature does not match any secret of this endpoint.',
  },
  stale: { reason: 'timestamp', detail: 'The signature is too old, or in the future.' },
};

function refused(call: HttpRequest, status: 400 | 403 | 413, reason: RefusalReason, detail: string): Outcome {
  return { answer: problem(call, status, detail), seen: { kind: 'refused', reason } };
}

function inProgress(call: HttpRequest, claim: Claim & { kind: 'in-progress' }, eventType: string): Outcome {
  return {
    answer: problem(call, 409, 'Another delivery of this event is in progress.', claim.retryAfterSeconds),
    seen: { kind: 'in-progress', eventType },
  };
}

function unavailable(call: HttpRequest, detail: string, eventType?: string): Outcome {
  return {
    answer: problem(call, 503, detail, retryAfterSeconds),
    seen: { kind: 'undelivered', ...(eventType === undefined ? {} : { eventType }) },
  };
}
