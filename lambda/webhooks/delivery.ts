import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import type { EventLog } from '../../runtime/events/event-log.ts';
import type { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { describeError, type Log } from '../../runtime/logging/log.ts';
import type { Deliveries } from '../../runtime/webhooks/webhook-deliveries.ts';
import type { FallbackQueue } from './fallback-queue.ts';

export interface DeliveryPorts {
  /** Rejects within its own deadline. */
  readonly eventLog: Pick<EventLog, 'produce'>;
  readonly queue: FallbackQueue;
  readonly deliveries: Deliveries;
  /** Skips the wait for the event log while it is unavailable. */
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly monotonicNow: () => number;
  readonly log: Log;
}

/** Where an event is stored. */
export type DeliveryResult = 'log' | 'queue' | 'undelivered';

/**
 * Stores an event in the log on all in-sync replicas, or else in the fallback queue. While other events of
 * its key wait in the queue, it goes there too, because it would overtake them otherwise.
 */
export async function deliver(
  event: CloudEvent,
  hasBacklog: boolean,
  ports: DeliveryPorts,
): Promise<DeliveryResult> {
  if (!hasBacklog && (await produced(event, ports))) return 'log';
  const { deliveries, queue } = ports;
  // Before sending, so that a later event of the key never finds this one in the queue without a backlog.
  await deliveries.enterBacklog(event);
  const outcome = await queue.send(event);
  if (outcome === 'sent') return 'queue';
  // The event may be in the queue, so its backlog entry stays: the sender retries.
  if (outcome === 'refused') await deliveries.leaveBacklog(event);
  return 'undelivered';
}

async function produced(event: CloudEvent, ports: DeliveryPorts): Promise<boolean> {
  const { eventLog, breaker, monotonicNow, log } = ports;
  if (!breaker.admits(monotonicNow())) return false;
  try {
    await eventLog.produce(event.type, [event]);
    breaker.recordSuccess();
    return true;
  } catch (error) {
    breaker.recordFailure(monotonicNow());
    log.warn('The event log did not accept a webhook.', { error: describeError(error) });
    return false;
  }
}
