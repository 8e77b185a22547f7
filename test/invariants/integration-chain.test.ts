import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../lib/config/index.ts';
import { type Deployment, openAssembly, type Resource } from '../../lib/local/engine/assembly.ts';
import { attributeValues } from '../../lib/local/engine/attribute-values.ts';
import { integrationChainFaults } from '../support/integration-chain.ts';
import { environmentNames, synthesised } from '../support/synth.ts';

describe.each(environmentNames)('the answer chain of %s', (name) => {
  test('has every link on every route', () => {
    const deployment = openAssembly(synthesised(name).folder, attributeValues);
    expect(deployment.ofType('AWS::ApiGatewayV2::Route').length).toBeGreaterThan(15);
    expect(integrationChainFaults(deployment, loadConfiguration(name))).toEqual([]);
  });
});

type Draft = { -readonly [K in keyof Resource]: Resource[K] } & { properties: ReturnType<typeof JSON.parse> };

const original = openAssembly(synthesised('local').folder, attributeValues);
const chainTypes =
  /ApiGatewayV2::(Route|Authorizer|Integration|VpcLink)|ApiGateway::Method|ElasticLoadBalancingV2::|ECS::|Lambda::/;

/** The resources of the chain as plain values that a test may break. */
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
  if (found === undefined) throw new Error(`No ${type} to break.`);
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

const breakages: [what: string, broken: (all: Draft[]) => void, fault: RegExp][] = [
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
    'a HEAD route that is forgotten',
    (all) => remove(all, route(all, 'HEAD /api/products')),
    /HEAD \/api\/products: has 0/,
  ],
  [
    'a route nobody declared',
    (all) => all.push({ ...route(all, 'GET /api/orders'), properties: { RouteKey: '$default' } }),
    /no entry declares/,
  ],
  [
    'an authorizer that remembers',
    (all) => (authorizer(all).properties.AuthorizerResultTtlInSeconds = 300),
    /remembered seconds/,
  ],
  [
    'an authorizer that wants a header',
    (all) => (authorizer(all).properties.IdentitySource = ['$request.header.Authorization']),
    /identity sources/,
  ],
  [
    'an authorizer that may not be invoked',
    (all) =>
      remove(
        all,
        only(all, 'AWS::Lambda::Permission', (p) => p.SourceArn?.includes('authorizers')),
      ),
    /may not invoke/,
  ],
  [
    'a decision that is appended',
    (all) => {
      const { RequestParameters } = integration(all).properties;
      delete RequestParameters['overwrite:header.x-gw-decision'];
      RequestParameters['append:header.x-gw-decision'] = '$context.authorizer.decision';
    },
    /request mapping (overwrite|append):header\.x-gw-decision/,
  ],
  [
    'an identity that is not mapped',
    (all) => delete integration(all).properties.RequestParameters['overwrite:header.x-user-id'],
    /x-user-id is undefined/,
  ],
  [
    'a secret that travels on',
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
    'more mappings than an integration may have',
    (all) => {
      const { ResponseParameters } = integration(all).properties;
      for (let status = 430; status < 480; status += 1)
        ResponseParameters[status] = ResponseParameters['200'];
    },
    /has \d+ response mappings, over 149/,
  ],
  [
    'an answer to an old version that says nothing of what chose it',
    (all) => {
      const { ResponseParameters } = integration(all).properties;
      ResponseParameters['200'].ResponseParameters = ResponseParameters['200'].ResponseParameters.filter(
        ({ Destination }: { Destination: string }) => Destination !== 'append:header.Vary',
      );
    },
    /response mapping 200 append:header\.Vary/,
  ],
  [
    'a partner API whose decision anybody can send',
    (all) => {
      for (const { properties } of all.filter(({ type }) => type === 'AWS::ApiGateway::Method')) {
        properties.Integration.RequestParameters['integration.request.header.X-Gw-Decision'] = "'allow'";
      }
    },
    /decision allow can be guessed/,
  ],
  [
    'a listener that takes a decision which survived beside that of the partner API',
    (all) => remove(all, ruleOf(all, '-*')),
    /answer to a partner that says allow for order beside product is "service/,
  ],
  [
    'a refusal rule that is missing',
    (all) => remove(all, ruleOf(all, 'throttled')),
    /answer to throttled is "403 problem 403"/,
  ],
  [
    'a refusal that says 200',
    (all) => (ruleOf(all, 'quota').properties.Actions[0].FixedResponseConfig.StatusCode = '200'),
    /answer to quota/,
  ],
  [
    'a service rule that any decision passes',
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
    'a service rule before the refusals',
    (all) => {
      const rule = ruleOf(all, 'order');
      rule.properties.Priority = 1;
      rule.properties.Conditions.shift();
    },
    /answer to unauthenticated is "service order"/,
  ],
  [
    'two services that are swapped',
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
    'a default that lets through',
    (all) => {
      const listener = only(all, 'AWS::ElasticLoadBalancingV2::Listener', () => true);
      listener.properties.DefaultActions = ruleOf(all, 'product').properties.Actions;
    },
    /answer to no decision is "service product"/,
  ],
  [
    'a load balancer that faces the internet',
    (all) =>
      (only(all, 'AWS::ElasticLoadBalancingV2::LoadBalancer', () => true).properties.Scheme =
        'internet-facing'),
    /load balancer is "internet-facing"/,
  ],
  [
    'a function that the routes may not call',
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
    'an integration that goes around the load balancer',
    (all) => {
      const { properties } = integration(all);
      properties.ConnectionType = 'INTERNET';
      properties.IntegrationUri = 'https://orders.example';
    },
    /leads to no load balancer/,
  ],
];

describe('a broken answer chain', () => {
  test('is whole before it is broken', () => {
    expect(integrationChainFaults(deploymentOf(drafts()), loadConfiguration('local'))).toEqual([]);
  });

  test.each(breakages)('is told: %s', (_what, broken, fault) => {
    const resources = drafts();
    broken(resources);
    const faults = integrationChainFaults(deploymentOf(resources), loadConfiguration('local'));
    expect(faults.join('\n')).toMatch(fault);
  });
});
