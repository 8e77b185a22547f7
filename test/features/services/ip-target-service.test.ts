import { Template } from 'aws-cdk-lib/assertions';
import { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { expect, test } from 'vitest';
import { DecisionListener } from '../../../lib/features/services/decision-listener.ts';
import { IpTargetService } from '../../../lib/features/services/ip-target-service.ts';
import { all, newStack, newVpc, only } from '../../support/test-stack.ts';

const stack = newStack();
const vpc = newVpc(stack);
const loadBalancer = new ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc });
new IpTargetService(stack, 'Legacy', {
  vpc,
  vpcCidr: '10.0.0.0/16',
  listenerPriority: 1_002,
  listener: new DecisionListener(stack, 'Decisions', { loadBalancer, partnerProof: 'proof' }),
  servesPartners: false,
  serviceName: 'legacy',
  targets: {
    port: 9_000,
    balancing: 'round_robin',
    deregistrationDelaySeconds: 30,
    healthCheck: {
      path: '/up',
      matcher: '200',
      intervalSeconds: 30,
      timeoutSeconds: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    },
  },
  addresses: [{ address: '10.0.7.1' }, { address: '192.168.9.9', port: 9_001 }],
});
const template = Template.fromStack(stack);

test('registers its servers, those outside the VPC for all zones', () => {
  expect(only(template, 'AWS::ElasticLoadBalancingV2::TargetGroup')['Properties']).toMatchObject({
    TargetType: 'ip',
    Port: 9_000,
    HealthCheckPath: '/up',
    Targets: [
      { Id: '10.0.7.1', Port: 9_000 },
      { Id: '192.168.9.9', Port: 9_001, AvailabilityZone: 'all' },
    ],
  });
});

test('has a listener rule like other services, and no tasks', () => {
  const [forward, ...others] = all(template, 'AWS::ElasticLoadBalancingV2::ListenerRule').filter(
    ({ Properties }) => Properties.Actions[0].Type === 'forward',
  );
  expect(others).toEqual([]);
  expect(forward?.['Properties'].Conditions).toContainEqual({
    Field: 'http-header',
    HttpHeaderConfig: { HttpHeaderName: 'x-gw-service', Values: ['legacy'] },
  });
  expect(all(template, 'AWS::ECS::Service')).toEqual([]);
});
