import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import type { EventLog } from '../../runtime/events/event-log.ts';
import type { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { describeError, type Log } from '../../runtime/logging/log.ts';
import type { Deliveries } from '../../runtime/webhooks/webhook-deliveries.ts';
import type { FallbackQueue } from './fallback-queue.ts';

export interface DeliveryPorts {
  /** Rejects within a deadline of its own. */
  readonly eventLog: Pick<EventLog, 'produce'>;
  readonly queue: FallbackQueue;
  readonly deliveries: Deliveries;
  /** Spares the callers the log's deadline while it is away. */
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly monotonicNow: () => number;
  readonly log: Log;
}

/** Where an event is safe now. */
export type DeliveryResult = 'log' | 'queue' | 'undelivered';

/**
 * Has the log take an event on all in-sync replicas, or failing that the fallback queue. While others of its key wait
 * in the queue it goes there too, behind them: around them it would overtake.
 */
export async function deliver(
  event: CloudEvent,
  hasBacklog: boolean,
  ports: DeliveryPorts,
): Promise<DeliveryResult> {
  if (!hasBacklog && (await produced(event, ports))) return 'log';
  const { deliveries, queue } = ports;
  // First, so that a later event of the key never sees the queue with this one and no backlog.
  await deliveries.enterBacklog(event);
  const outcome = await queue.send(event);
  if (outcome === 'sent') return 'queue';
  // What may be there all the same keeps its place: the sender comes again.
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
    log.warn('The event log did not take a webhook.', { error: describeError(error) });
    return false;
  }
}
