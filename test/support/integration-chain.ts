import { apiRouteKeys, type Configuration, type Route, routeTarget } from '../../lib/config/index.ts';
import type { Deployment, Resource } from '../../lib/local/engine/assembly.ts';
import {
  healthMappings,
  requestHeaderChanges,
  requestMappings,
  responseHeaderChanges,
  responseMappings,
  statusCodes,
  unmatchedMappings,
} from './expected-mappings.ts';
import { answerOf } from './listener-answer.ts';
import { asRecord, asRecords } from './records.ts';

/**
 * Follows a decision and its answer through the templates, and returns every fault of the chain. It is
 * written from the design and does not use the constructs: it lists the expected values itself.
 */
export function integrationChainFaults(deployment: Deployment, { catalogue }: Configuration): string[] {
  const routes: ExpectedRoute[] = [
    ...['GET', 'HEAD'].map((method) => ({
      key: `${method} ${catalogue.healthPath}`,
      kind: 'health',
      shared: false,
      service: 'gateway',
      timeoutSeconds: 5,
    })),
    ...Object.entries(catalogue.routes).flatMap(([key, route]) =>
      apiRouteKeys(key, route).map((apiKey) => ({
        key: apiKey,
        kind: routeTarget(catalogue, route).kind,
        shared: route.cache !== undefined,
        service: routeTarget(catalogue, route).name,
        canary: canaryOf(catalogue, routeTarget(catalogue, route).name),
        timeoutSeconds: route.timeoutSeconds,
        entry: route,
      })),
    ),
    ...Object.entries(catalogue.webhooks).map(([sender, { path }]) => ({
      key: `POST ${path}`,
      kind: 'webhook',
      shared: false,
      service: sender,
      timeoutSeconds: 14,
    })),
  ];
  const methods = Object.keys(catalogue.routes).map((key) => key.replace(/ .*/, ''));
  for (const method of new Set([...methods, 'GET', 'HEAD'])) {
    for (const path of ['/', '/{unmatched+}'])
      routes.push({
        key: `${method} ${path}`,
        kind: 'unmatched',
        shared: false,
        service: '-',
        timeoutSeconds: 5,
      });
  }
  const declared = new Set(routes.map(({ key }) => key));
  return [
    ...deployment
      .ofType('AWS::ApiGatewayV2::Route')
      .map((route) => String(route.properties['RouteKey']))
      .filter((key) => !declared.has(key))
      .map((key) => `${key}: is served, but is not in the catalogue`),
    ...partnerFaults(deployment, catalogue),
    ...routes.flatMap((route) => routeFaults(deployment, route).map((fault) => `${route.key}: ${fault}`)),
  ];
}

interface ExpectedRoute {
  readonly key: string;
  readonly kind: string;
  readonly shared: boolean;
  readonly service: string;
  /** Service that answers callers of the cohort `canary`, if it is a separate deployment. */
  readonly canary?: string | undefined;
  readonly timeoutSeconds: number;
  /** The catalogue's entry; undefined for health checks and webhooks. */
  readonly entry?: Route | undefined;
}

function canaryOf({ services }: Configuration['catalogue'], name: string): string | undefined {
  const service = services[name];
  return service?.kind === 'fargate' && service.canary !== undefined ? `${name}-canary` : undefined;
}

function routeFaults(deployment: Deployment, expected: ExpectedRoute): string[] {
  const found = deployment
    .ofType('AWS::ApiGatewayV2::Route')
    .filter((candidate) => candidate.properties['RouteKey'] === expected.key);
  const [route] = found;
  if (route === undefined || found.length > 1) return [`has ${found.length} routes`];
  const integration = deployment.byReference(String(route.properties['Target']));
  if (integration?.type !== 'AWS::ApiGatewayV2::Integration') return ['does not lead to an integration'];
  return [
    ...authorizerFaults(deployment, route, expected),
    ...equal(
      'time-out of the integration',
      integration.properties['TimeoutInMillis'],
      expected.timeoutSeconds * 1_000,
    ),
    ...requestFaults(integration, expected),
    ...responseFaults(integration, expected),
    ...(['external', 'function', 'composition', 'webhook'].includes(expected.kind)
      ? functionFaults(deployment, integration)
      : loadBalancerFaults(deployment, integration, expected)),
  ];
}

function authorizerFaults(deployment: Deployment, route: Resource, { kind }: ExpectedRoute): string[] {
  if (kind === 'health' || kind === 'webhook')
    return equal('authorization', route.properties['AuthorizationType'], 'NONE');
  const authorizer = deployment.byReference(String(route.properties['AuthorizerId']));
  if (route.properties['AuthorizationType'] !== 'CUSTOM' || authorizer === undefined)
    return ['has no authorizer'];
  const { properties } = authorizer;
  return [
    ...equal('type of the authorizer', properties['AuthorizerType'], 'REQUEST'),
    ...equal('payload of the authorizer', properties['AuthorizerPayloadFormatVersion'], '2.0'),
    ...equal('simple responses of the authorizer', properties['EnableSimpleResponses'], true),
    ...equal('cache seconds of the authorizer', properties['AuthorizerResultTtlInSeconds'], 0),
    ...equal('identity sources of the authorizer', properties['IdentitySource'], []),
    ...invocationFaults(deployment, String(properties['AuthorizerUri']), authorizer.id),
  ];
}

/** Whether API Gateway may invoke the function behind a reference, on behalf of a resource. */
function invocationFaults(deployment: Deployment, reference: string, source: string): string[] {
  if (deployment.byReference(reference)?.type !== 'AWS::Lambda::Function')
    return [`${reference} is not a function`];
  const allowed = deployment
    .ofType('AWS::Lambda::Permission')
    .some(
      ({ properties }) =>
        reference.includes(String(properties['FunctionName'])) &&
        properties['Principal'] === 'apigateway.amazonaws.com' &&
        String(properties['SourceArn']).includes(source),
    );
  return allowed ? [] : [`API Gateway may not invoke ${reference}`];
}

function functionFaults(deployment: Deployment, { properties }: Resource): string[] {
  return [
    ...equal('integration', properties['IntegrationType'], 'AWS_PROXY'),
    ...equal('payload of the integration', properties['PayloadFormatVersion'], '2.0'),
    ...invocationFaults(
      deployment,
      String(properties['IntegrationUri']),
      `${String(properties['ApiId'])}/*/*`,
    ),
  ];
}

function requestFaults({ properties }: Resource, { kind, entry }: ExpectedRoute): string[] {
  const mapped = asRecord(properties['RequestParameters']);
  const expected = { ...asRecord(requestMappings[kind]), ...requestHeaderChanges(entry) };
  return [...new Set([...Object.keys(mapped), ...Object.keys(expected)])].flatMap((key) =>
    equal(`request mapping ${key}`, mapped[key], expected[key]),
  );
}

/** Own limit on the mappings of one integration, because AWS does not publish one. */
const maxMappings = 149;

function responseFaults({ properties }: Resource, { key, kind, shared, entry }: ExpectedRoute): string[] {
  const byStatus = asRecord(properties['ResponseParameters']);
  if (kind === 'webhook') return equal('response mappings', Object.keys(byStatus), []);
  const [method = ''] = key.split(' ');
  const answeredBy = kind === 'fargate' || kind === 'ip' ? 'service' : 'function';
  const count = Object.values(byStatus).flatMap((one) =>
    asRecords(asRecord(one)['ResponseParameters']),
  ).length;
  // The integration may map status codes of other routes, which are checked, too.
  const statuses = new Set([
    ...(kind === 'health'
      ? [200]
      : kind === 'unmatched'
        ? [404, 405, 460, 463, 563]
        : statusCodes(method, shared, answeredBy)),
    ...Object.keys(byStatus).map(Number),
  ]);
  const excess = count > maxMappings ? [`has ${count} response mappings, over ${maxMappings}`] : [];
  const faults = [...statuses].flatMap((status) => {
    const parameters = asRecord(byStatus[status])['ResponseParameters'];
    const mapped = Object.fromEntries(
      (Array.isArray(parameters) ? parameters.map(asRecord) : []).map((parameter) => [
        String(parameter['Destination']),
        parameter['Source'],
      ]),
    );
    const expected: Record<string, string> =
      kind === 'health'
        ? healthMappings
        : kind === 'unmatched'
          ? unmatchedMappings(status)
          : {
              ...responseMappings(status, shared, answeredBy),
              ...responseHeaderChanges(entry, status, answeredBy),
            };
    return [...new Set([...Object.keys(mapped), ...Object.keys(expected)])].flatMap((destination) =>
      equal(`response mapping ${status} ${destination}`, mapped[destination], expected[destination]),
    );
  });
  return [...excess, ...faults];
}

const refusals = {
  unauthenticated: '461 problem 401',
  forbidden: '463 problem 403',
  throttled: '489 problem 429',
  quota: '489 problem 429',
  unavailable: '563 problem 503',
  malformed: '460 problem 400',
  maintenance: '563 problem 503',
  disabled: '563 problem 503',
  'not-found': '404 problem 404',
  'method-not-allowed': '405 problem 405',
};

function loadBalancerFaults(
  deployment: Deployment,
  integration: Resource,
  expected: ExpectedRoute,
): string[] {
  const { properties } = integration;
  const listener = deployment.byReference(String(properties['IntegrationUri']));
  if (listener?.type !== 'AWS::ElasticLoadBalancingV2::Listener') return ['does not lead to a load balancer'];
  const link = deployment.byReference(String(properties['ConnectionId']));
  const answer = (decision: string, service: string, cohort = 'stable') =>
    answerOf(deployment, listener, { decision, service, cohort });
  const ownAnswers = new Map([
    ['health', 'fixed 200'],
    ['unmatched', '403 problem 403'],
  ]);
  const allowed = (service: string) => ownAnswers.get(expected.kind) ?? `service ${service}`;
  return [
    ...equal('integration', properties['IntegrationType'], 'HTTP_PROXY'),
    ...equal('method of the integration', properties['IntegrationMethod'], 'ANY'),
    ...equal('connection of the integration', properties['ConnectionType'], 'VPC_LINK'),
    ...equal('VPC link of the integration', link?.type, 'AWS::ApiGatewayV2::VpcLink'),
    ...equal(
      'load balancer',
      deployment.byReference(String(listener.properties['LoadBalancerArn']))?.properties['Scheme'],
      'internal',
    ),
    ...Object.entries(refusals).flatMap(([decision, status]) =>
      equal(`answer to ${decision}`, answer(decision, expected.service), status),
    ),
    ...equal(
      `answer to allow for ${expected.service}`,
      answer('allow', expected.service),
      allowed(expected.service),
    ),
    ...equal(
      `answer to allow for the canary callers of ${expected.service}`,
      answer('allow', expected.service, 'canary'),
      allowed(expected.canary ?? expected.service),
    ),
    ...equal(
      `answer to throttled for the canary callers of ${expected.service}`,
      answer('throttled', expected.service, 'canary'),
      '489 problem 429',
    ),
    ...equal('answer to allow for an unknown service', answer('allow', 'unknown'), '403 problem 403'),
    ...equal('answer to an unknown decision', answer('maybe', expected.service), '403 problem 403'),
    ...equal('answer to no decision', answer('', expected.service), '403 problem 403'),
  ];
}

/** Faults of partners' calls, including calls whose forged headers arrive next to those of the partner API. */
function partnerFaults(
  deployment: Deployment,
  { partnerRoutes, services }: Configuration['catalogue'],
): string[] {
  const [listener] = deployment.ofType('AWS::ElasticLoadBalancingV2::Listener');
  if (listener === undefined) return ['the listener does not exist'];
  const written = deployment.ofType('AWS::ApiGateway::Method').flatMap(({ properties }) => {
    const parameters = asRecord(asRecord(properties['Integration'])['RequestParameters']);
    const [decision, service] = ['Decision', 'Service'].map((name) =>
      String(parameters[`integration.request.header.X-Gw-${name}`]).replaceAll("'", ''),
    );
    return decision === undefined || service === undefined ? [] : [{ decision, service }];
  });
  const answer = (decision: readonly string[], service: readonly string[], cohort = 'stable') =>
    answerOf(deployment, listener, { decision, service, cohort });
  return [
    ...equal(
      'services of the methods of partners',
      [...new Set(written.map(({ service }) => service))].sort(),
      [...new Set(Object.values(partnerRoutes).map(({ service }) => service))].sort(),
    ),
    ...written.flatMap(({ decision, service }) => [
      ...(decision.includes('{{resolve:secretsmanager:') ? [] : [`decision ${decision} can be guessed`]),
      ...equal(`answer to a partner for ${service}`, answer([decision], [service]), `service ${service}`),
      ...Object.keys(services).flatMap((other) => [
        ...equal(
          `answer to a partner with a forged allow for ${other} next to ${service}`,
          answer([decision, 'allow'], [service, other]),
          '403 problem 403',
        ),
        ...(other === service
          ? []
          : equal(
              `answer to a partner of ${service} that names ${other}`,
              answer([decision], [other]),
              '403 problem 403',
            )),
      ]),
    ]),
  ];
}

function equal(name: string, actual: unknown, expected: unknown): string[] {
  return JSON.stringify(actual) === JSON.stringify(expected)
    ? []
    : [`${name} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}
