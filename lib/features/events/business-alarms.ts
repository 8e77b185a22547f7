import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import type { BusinessMetrics } from './business-metrics.ts';

export interface BusinessAlarmsProps {
  readonly topic: ITopic;
  /** Hears what puts stock or money at stake. */
  readonly critical: ITopic;
  readonly metrics: BusinessMetrics;
}

/** Orders that end in a minute, below which one that fails says nothing. */
const minimumOrders = 20;

/** What the shop must hear of its orders and its stock. */
export class BusinessAlarms extends Construct {
  /** What follows from brokers that are away; told by a group that knows of them. */
  readonly delayAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, { topic, critical, metrics }: BusinessAlarmsProps) {
    super(scope, id);
    new GatewayAlarm(this, 'OrderFailures', {
      topic,
      runbook: 'events/OrderFailures',
      description: `More than 5 % of at least ${minimumOrders} orders a minute failed. Look at the reasons in orders.failed.`,
      metric: metrics.failurePercent(minimumOrders),
      threshold: 5,
      periods: 2,
    });
    new GatewayAlarm(this, 'InventoryMismatch', {
      topic: critical,
      runbook: 'events/InventoryMismatch',
      description:
        'Critical: reservations and stock do not agree, so that something may be sold twice or not at all. Look at the kinds.',
      metric: metrics.inventoryMismatches,
      threshold: 0,
      periods: 1,
    });
    const consumerErrors = new GatewayAlarm(this, 'BusinessEventsConsumerErrors', {
      runbook: 'events/BusinessEventsConsumerErrors',
      description:
        'Events of orders and stock are not read, so business metrics stand still. Look at the log.',
      metric: metrics.errors,
      threshold: 0,
      periods: 5,
    });
    new GatewayAlarm(this, 'BusinessEventsDeadLetters', {
      topic,
      runbook: 'events/BusinessEventsDeadLetters',
      description: 'Events of orders and stock could not be read, and wait for somebody.',
      metric: metrics.deadLetters,
      threshold: 0,
      periods: 1,
    });
    new GatewayAlarm(this, 'ManualInterventionRequired', {
      topic,
      runbook: 'services/ManualInterventionRequired',
      description:
        'A service has kept an event, an order or a refund for a person: money or goods may be at stake. Look at its log.',
      metric: metrics.manualInterventionRequired,
      threshold: 0,
      periods: 1,
    });
    this.delayAlarms = [consumerErrors.alarm];
  }
}
