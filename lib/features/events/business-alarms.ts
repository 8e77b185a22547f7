import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import type { BusinessMetrics } from './business-metrics.ts';

export interface BusinessAlarmsProps {
  readonly topic: ITopic;
  /** Pages: stock or money is at risk. */
  readonly critical: ITopic;
  readonly metrics: BusinessMetrics;
}

/** Minimum of orders that end in a minute; with fewer, the percentage means little. */
const minimumOrders = 20;

/** Alarms on orders and stock. */
export class BusinessAlarms extends Construct {
  /** Alarms without a topic, for the group EventsDelayed, which is suppressed while the brokers are unavailable. */
  readonly delayAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, { topic, critical, metrics }: BusinessAlarmsProps) {
    super(scope, id);
    new GatewayAlarm(this, 'OrderFailures', {
      topic,
      runbook: 'events/OrderFailures',
      firstLook: `logs order --since 15m --filter '{ $.level = "error" }'`,
      description: `More than 5 % of the orders fail (at least ${minimumOrders} a minute). Shoppers cannot buy. The event orders.failed has the reason.`,
      metric: metrics.failurePercent(minimumOrders),
      threshold: 5,
      periods: 2,
    });
    new GatewayAlarm(this, 'InventoryMismatch', {
      topic: critical,
      runbook: 'events/InventoryMismatch',
      description:
        'Reservations and stock do not match. A product may be sold twice, or be held for no order.',
      metric: metrics.inventoryMismatches,
      threshold: 0,
      periods: 1,
    });
    const consumerErrors = new GatewayAlarm(this, 'BusinessEventsConsumerErrors', {
      runbook: 'events/BusinessEventsConsumerErrors',
      firstLook: `logs events --since 15m --filter '{ $.level = "error" }'`,
      description:
        'The consumer of order and stock events fails. Business metrics stop, and the alarms on them see nothing.',
      metric: metrics.errors,
      threshold: 0,
      periods: 5,
    });
    new GatewayAlarm(this, 'BusinessEventsDeadLetters', {
      topic,
      runbook: 'events/BusinessEventsDeadLetters',
      firstLook: `logs events --since 6h --filter '{ $.level = "error" }'`,
      description:
        'Order or stock events are in the dead-letter queue. Business metrics lack them until somebody processes them.',
      metric: metrics.deadLetters,
      threshold: 0,
      periods: 1,
    });
    new GatewayAlarm(this, 'ManualInterventionRequired', {
      topic,
      runbook: 'services/ManualInterventionRequired',
      firstLook: `logs payment --since 1h --filter '{ $.level = "error" }'`,
      description:
        'A service cannot complete an event, an order or a refund automatically. Money or goods may be at risk until a person decides.',
      metric: metrics.manualInterventionRequired,
      threshold: 0,
      periods: 1,
    });
    this.delayAlarms = [consumerErrors.alarm];
  }
}
