import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../lib/config/index.ts';
import { type Deployment, openAssembly, type Resource } from '../../lib/local/engine/assembly.ts';
import { attributeValues } from '../../lib/local/engine/attribute-values.ts';
import { integrationChainFaults } from '../support/integration-chain.ts';
import { environmentNames, synthesised } from '../support/synth.ts';

describe.each(environmentNames)('the integration chain of %s', (name) => {
  test('is complete on every route', () => {
    const deployment = openAssembly(synthesised(name).folder, attributeValues);
    expect(deployment.ofType('AWS::ApiGatewayV2::Route').length).toBeGreaterThan(15);
    expect(integrationChainFaults(deployment, loadConfiguration(name))).toEqual([]);
  });
});

type Draft = { -readonly [K in keyof Resource]: Resource[K] } & { properties: ReturnType<typeof JSON.parse> };

const original = openAssembly(synthesised('local').folder, attributeValues);
const chainTypes =
  /ApiGatewayV2::(Route|Authorizer|Integration|VpcLink)|ApiGateway::Method|ElasticLoadBalancingV2::|ECS::|Lambda::/;

/** Copies of the chain's resources, which a test may change. */
function drafts(): Draft[] {
  return original.resources
    .filter((resource) => chainTypes.test(resource.type))
    .map((resource) => ({ ...resource, properties: structuredClone({ ...resource.properties }) }));
}

function deploymentOf(resources: Draft[]): Deployment {
  const ids = new Set(resources.map(({ id }) => id));
  return {
    resources,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    byReference: (reference) => {
      const found = original.byReference(reference);
      return found !== undefined && ids.has(found.id)
        ? resources.find(({ id }) => id === found.id)
        : undefined;
    },
  };
}

function only(resources: Draft[], type: string, where: (properties: Draft['properties']) => boolean): Draft {
  const [found] = resources.filter((resource) => resource.type === type && where(resource.properties));
  if (found === undefined) throw new Error(`No ${type} to change.`);
  return found;
}

const integration = (all: Draft[]) =>
  only(all, 'AWS::ApiGatewayV2::Integration', (p) => 'overwrite:header.x-user-id' in p.RequestParameters);
const authorizer = (all: Draft[]) => only(all, 'AWS::ApiGatewayV2::Authorizer', () => true);
const route = (all: Draft[], key: string) => only(all, 'AWS::ApiGatewayV2::Route', (p) => p.RouteKey === key);
const ruleOf = (all: Draft[], word: string) =>
  only(all, 'AWS::ElasticLoadBalancingV2::ListenerRule', (p) =>
    JSON.stringify(p.Conditions).includes(`${word}"`),
  );
const remove = (all: Draft[], resource: Draft) => void all.splice(all.indexOf(resource), 1);

const breakages: [name: string, change: (all: Draft[]) => void, fault: RegExp][] = [
  [
    'a route without authorizer',
    (all) => (route(all, 'GET /api/orders').properties.AuthorizationType = 'NONE'),
    /GET \/api\/orders: has no authorizer/,
  ],
  [
    'a missing route',
    (all) => remove(all, route(all, 'POST /api/orders')),
    /POST \/api\/orders: has 0 routes/,
  ],
  [
    'a missing HEAD route',
    (all) => remove(all, route(all, 'HEAD /api/products')),
    /HEAD \/api\/products: has 0/,
  ],
  [
    'a route that is not in the catalogue',
    (all) => all.push({ ...route(all, 'GET /api/orders'), properties: { RouteKey: '$default' } }),
    /not in the catalogue/,
  ],
  [
    'an authorizer with a cache',
    (all) => (authorizer(all).properties.AuthorizerResultTtlInSeconds = 300),
    /cache seconds/,
  ],
  [
    'an authorizer with an identity source',
    (all) => (authorizer(all).properties.IdentitySource = ['$request.header.Authorization']),
    /identity sources/,
  ],
  [
    'an authorizer that API Gateway may not invoke',
    (all) =>
      remove(
        all,
        only(all, 'AWS::Lambda::Permission', (p) => p.SourceArn?.includes('authorizers')),
      ),
    /may not invoke/,
  ],
  [
    'an appended decision',
    (all) => {
      const { RequestParameters } = integration(all).properties;
      delete RequestParameters['overwrite:header.x-gw-decision'];
      RequestParameters['append:header.x-gw-decision'] = '$context.authorizer.decision';
    },
    /request mapping (overwrite|append):header\.x-gw-decision/,
  ],
  [
    'an unmapped identity',
    (all) => delete integration(all).properties.RequestParameters['overwrite:header.x-user-id'],
    /x-user-id is undefined/,
  ],
  [
    'an origin secret that is forwarded',
    (all) => delete integration(all).properties.RequestParameters['remove:header.x-gw-origin-secret'],
    /x-gw-origin-secret/,
  ],
  [
    'a status code without mappings',
    (all) => delete integration(all).properties.ResponseParameters['422'],
    /response mapping 422 .*RateLimit/,
  ],
  [
    "a load balancer's refusal without mappings",
    (all) => delete integration(all).properties.ResponseParameters['489'],
    /response mapping 489 .*Retry-After/,
  ],
  [
    'mappings in camel case',
    (all) => {
      const { ResponseParameters } = integration(all).properties;
      ResponseParameters['200'] = { responseParameters: ResponseParameters['200'].ResponseParameters };
    },
    /response mapping 200/,
  ],
  [
    'too many mappings for an integration',
    (all) => {
      const { ResponseParameters } = integration(all).properties;
      for (let status = 430; status < 480; status += 1)
        ResponseParameters[status] = ResponseParameters['200'];
    },
    /has \d+ response mappings, over 149/,
  ],
  [
    'a versioned answer without Vary',
    (all) => {
      const { ResponseParameters } = integration(all).properties;
      ResponseParameters['200'].ResponseParameters = ResponseParameters['200'].ResponseParameters.filter(
        ({ Destination }: { Destination: string }) => Destination !== 'append:header.Vary',
      );
    },
    /response mapping 200 append:header\.Vary/,
  ],
  [
    'a partner API with a guessable decision',
    (all) => {
      for (const { properties } of all.filter(({ type }) => type === 'AWS::ApiGateway::Method')) {
        properties.Integration.RequestParameters['integration.request.header.X-Gw-Decision'] = "'allow'";
      }
    },
    /decision allow can be guessed/,
  ],
  [
    'a listener that accepts a forged decision next to that of the partner API',
    (all) => remove(all, ruleOf(all, '-*')),
    /answer to a partner with a forged allow for order next to product is "service/,
  ],
  [
    'a missing refusal rule',
    (all) => remove(all, ruleOf(all, 'throttled')),
    /answer to throttled is "403 problem 403"/,
  ],
  [
    'a refusal with status 200',
    (all) => (ruleOf(all, 'quota').properties.Actions[0].FixedResponseConfig.StatusCode = '200'),
    /answer to quota/,
  ],
  [
    'a service rule that does not check the decision',
    (all) => {
      const rule = ruleOf(all, 'order');
      rule.properties.Conditions = rule.properties.Conditions.filter(
        (condition: { HttpHeaderConfig: { HttpHeaderName: string } }) =>
          condition.HttpHeaderConfig.HttpHeaderName === 'x-gw-service',
      );
    },
    /answer to (an unknown|no) decision/,
  ],
  [
    'a service rule before the refusal rules',
    (all) => {
      const rule = ruleOf(all, 'order');
      rule.properties.Priority = 1;
      rule.properties.Conditions.shift();
    },
    /answer to unauthenticated is "service order"/,
  ],
  [
    'two swapped services',
    (all) => {
      const [order, user] = [ruleOf(all, 'order'), ruleOf(all, 'user')];
      [order.properties.Actions, user.properties.Actions] = [
        user.properties.Actions,
        order.properties.Actions,
      ];
    },
    /answer to allow for order is "service user"/,
  ],
  [
    'a default action that forwards calls',
    (all) => {
      const listener = only(all, 'AWS::ElasticLoadBalancingV2::Listener', () => true);
      listener.properties.DefaultActions = ruleOf(all, 'product').properties.Actions;
    },
    /answer to no decision is "service product"/,
  ],
  [
    'an internet-facing load balancer',
    (all) =>
      (only(all, 'AWS::ElasticLoadBalancingV2::LoadBalancer', () => true).properties.Scheme =
        'internet-facing'),
    /load balancer is "internet-facing"/,
  ],
  [
    'a function that API Gateway may not invoke',
    (all) =>
      remove(
        all,
        only(
          all,
          'AWS::Lambda::Permission',
          (p) => p.SourceArn?.endsWith('/*/*') && /Aggregation/.test(p.FunctionName),
        ),
      ),
    /GET \/api\/shipping\/rates: API Gateway may not invoke/,
  ],
  [
    'an integration that bypasses the load balancer',
    (all) => {
      const { properties } = integration(all);
      properties.ConnectionType = 'INTERNET';
      properties.IntegrationUri = 'https://orders.example';
    },
    /does not lead to a load balancer/,
  ],
];

describe('a broken integration chain', () => {
  test('is complete before the change', () => {
    expect(integrationChainFaults(deploymentOf(drafts()), loadConfiguration('local'))).toEqual([]);
  });

  test.each(breakages)('is reported for %s', (_name, change, fault) => {
    const resources = drafts();
    change(resources);
    const faults = integrationChainFaults(deploymentOf(resources), loadConfiguration('local'));
    expect(faults.join('\n')).toMatch(fault);
  });
});
