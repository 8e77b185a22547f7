import type { Construct } from 'constructs';
import type { ApiMetrics } from './api-metrics.ts';
import { GatewayAlarm } from './gateway-alarm.ts';

export interface LatencyAlarmProps {
  readonly api: ApiMetrics;
  readonly runbook: string;
}

/** Alarm on the p95 latency of one API. It has no topic: the API's alarm group notifies. */
export class LatencyAlarm extends GatewayAlarm {
  constructor(scope: Construct, id: string, { api, runbook }: LatencyAlarmProps) {
    super(scope, id, {
      runbook,
      description: 'The p95 response time of the API is over 500 ms. Callers wait.',
      metric: api.p95Ms,
      threshold: 500,
      periods: 5,
    });
  }
}
