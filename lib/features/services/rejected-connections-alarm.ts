import { Duration } from 'aws-cdk-lib';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';

export interface RejectedConnectionsAlarmProps {
  readonly topic: ITopic;
  readonly loadBalancer: ApplicationLoadBalancer;
}

/** Alarm on connections that the internal load balancer rejects. */
export class RejectedConnectionsAlarm extends GatewayAlarm {
  constructor(scope: Construct, id: string, { topic, loadBalancer }: RejectedConnectionsAlarmProps) {
    super(scope, id, {
      topic,
      runbook: 'services/RejectedConnections',
      description:
        'The load balancer rejects connections because it has reached its maximum. Callers get 503.',
      metric: loadBalancer.metrics.rejectedConnectionCount({ period: Duration.minutes(1) }),
      threshold: 0,
      periods: 3,
    });
  }
}
