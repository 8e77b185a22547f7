import { Template } from 'aws-cdk-lib/assertions';
import {
  ApplicationLoadBalancer,
  ApplicationTargetGroup,
  type IApplicationTargetGroup,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { DecisionListener } from '../../../lib/features/services/decision-listener.ts';
import { refusalResponses } from '../../../runtime/contracts/refusals.ts';
import { all, newStack, newVpc, only } from '../../support/test-stack.ts';

interface Rule {
  readonly Priority: number;
  readonly Conditions: readonly {
    readonly Field: string;
    readonly HttpHeaderConfig: { readonly HttpHeaderName: string; readonly Values: readonly string[] };
  }[];
  readonly Actions: readonly { readonly Type: string; readonly FixedResponseConfig?: object }[];
  readonly Transforms?: unknown;
}

function synthesise(services: readonly string[]) {
  const stack = newStack();
  const vpc = newVpc(stack);
  const loadBalancer = new ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc });
  const decisions = new DecisionListener(stack, 'Decisions', {
    loadBalancer,
    partnerProof: 'proof',
  });
  const targetGroup = new ApplicationTargetGroup(stack, 'Targets', {
    vpc,
    port: 80,
    targetType: TargetType.IP,
  }) as IApplicationTargetGroup;
  for (const [index, name] of services.entries()) {
    const scope = new Construct(stack, name);
    const priority = 1_000 + index * 2;
    decisions.forward(scope, {
      name,
      cohort: 'stable',
      priority,
      targets: targetGroup,
      alternate: undefined,
      servesPartners: name === 'product',
    });
  }
  return { stack, targetGroup, template: Template.fromStack(stack) };
}

function rulesOf(template: Template): Rule[] {
  return all(template, 'AWS::ElasticLoadBalancingV2::ListenerRule')
    .map((resource) => resource['Properties'] as Rule)
    .sort((a, b) => a.Priority - b.Priority);
}

const listenerCodes = new Map<number, number>([
  [400, 460],
  [401, 461],
  [403, 463],
  [429, 489],
  [503, 563],
]);

/** `header=value` of each condition, all of which must hold. */
const conditionsOf = (rule: Rule) =>
  rule.Conditions.map(({ Field, HttpHeaderConfig: header }) => {
    expect(Field).toBe('http-header');
    return `${header.HttpHeaderName}=${header.Values.join('|')}`;
  });

describe('the decision listener', () => {
  const { stack, targetGroup, template } = synthesise(['order', 'product']);
  const rules = rulesOf(template);

  test('first refuses a call with the decision `allow` beside that of the partner API', () => {
    const [forged] = rules;
    expect(forged && conditionsOf(forged)).toEqual(['x-gw-decision=proof-*', 'x-gw-decision=allow']);
    expect(forged?.Actions).toMatchObject([
      { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '403' } },
    ]);
  });

  test('then answers each refusal with its status code, which the API replaces, and its body', () => {
    expect(rules.slice(2, 12)).toEqual(
      Object.entries(refusalResponses).map(([word, { status, body }], index) => ({
        ListenerArn: expect.anything(),
        Priority: (index + 1) * 10,
        Conditions: [
          { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-gw-decision', Values: [word] } },
        ],
        Actions: [
          {
            Type: 'fixed-response',
            FixedResponseConfig: {
              // Services answer most of these themselves, too, so refusals have statuses that the API replaces.
              StatusCode: `${listenerCodes.get(status) ?? status}`,
              ContentType: 'application/json',
              MessageBody: JSON.stringify(body),
            },
          },
        ],
      })),
    );
  });

  test('then answers the health check', () => {
    const health = rules[1];
    expect(health && conditionsOf(health)).toEqual(['x-gw-decision=allow', 'x-gw-service=gateway']);
    expect(health?.Actions).toEqual([
      {
        Type: 'fixed-response',
        FixedResponseConfig: {
          StatusCode: '200',
          ContentType: 'application/json',
          MessageBody: '{"status":"ok"}',
        },
      },
    ]);
  });

  test('then forwards only allowed calls with the name of a service', () => {
    const forwards = rules.slice(12);
    expect(forwards).toHaveLength(2);
    expect(forwards.map(conditionsOf)).toEqual(
      expect.arrayContaining([
        ['x-gw-decision=allow', 'x-gw-service=order'],
        // Partners are led here, by a decision that only their API can write, and only for this service.
        ['x-gw-decision=allow|proof-product', 'x-gw-service=product'],
      ]),
    );
    for (const rule of forwards) {
      expect(rule.Actions).toEqual([
        { Type: 'forward', TargetGroupArn: stack.resolve(targetGroup.targetGroupArn) },
      ]);
    }
  });

  test("removes the partner API's stage from the path of a service", () => {
    for (const rule of rules.slice(12)) {
      expect(rule['Transforms']).toEqual([
        {
          Type: 'url-rewrite',
          UrlRewriteConfig: { Rewrites: [{ Regex: '^/partner/(.*)$', Replace: '/$1' }] },
        },
      ]);
    }
  });

  test('refuses all other calls', () => {
    expect(only(template, 'AWS::ElasticLoadBalancingV2::Listener')['Properties']).toMatchObject({
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: {
            StatusCode: '403',
            ContentType: 'application/json',
            MessageBody: JSON.stringify(refusalResponses.forbidden.body),
          },
        },
      ],
    });
  });

  test('opens its port to no address range', () => {
    expect(all(template, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
    expect(only(template, 'AWS::EC2::SecurityGroup')['Properties'].SecurityGroupIngress).toBeUndefined();
  });

  test('keeps fixed responses within the limits of a load balancer', () => {
    for (const { body } of Object.values(refusalResponses)) {
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(1024);
    }
  });
});
