import { apiRouteKeys, type Configuration, type Route, routeTarget } from '../../lib/config/index.ts';
import type { Deployment, Resource } from '../../lib/local/engine/assembly.ts';
import {
  healthMappings,
  requestHeaderChanges,
  requestMappings,
  responseHeaderChanges,
  responseMappings,
  statusCodes,
} from './expected-mappings.ts';

/**
 * Walks the way of a decision and its answer through the templates, and tells every link that is missing. It is
 * written from the design, not from the constructs: what it expects it spells out.
 */
export function integrationChainFaults(deployment: Deployment, { catalogue }: Configuration): string[] {
  const routes = [
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
  const declared = new Set(routes.map(({ key }) => key));
  return [
    ...deployment
      .ofType('AWS::ApiGatewayV2::Route')
      .map((route) => String(route.properties['RouteKey']))
      .filter((key) => !declared.has(key))
      .map((key) => `${key}: is served, and no entry declares it`),
    ...partnerFaults(deployment, catalogue),
    ...routes.flatMap((route) => routeFaults(deployment, route).map((fault) => `${route.key}: ${fault}`)),
  ];
}

interface ExpectedRoute {
  readonly key: string;
  readonly kind: string;
  readonly shared: boolean;
  readonly service: string;
  /** Who answers callers of the cohort `canary`, where it is somebody else. */
  readonly canary?: string | undefined;
  readonly timeoutSeconds: number;
  /** What the catalogue says of it; not of health and webhooks. */
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
  if (integration?.type !== 'AWS::ApiGatewayV2::Integration') return ['leads to no integration'];
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
    ...equal('remembered seconds of the authorizer', properties['AuthorizerResultTtlInSeconds'], 0),
    ...equal('identity sources of the authorizer', properties['IdentitySource'], []),
    ...invocationFaults(deployment, String(properties['AuthorizerUri']), authorizer.id),
  ];
}

/** Whether API Gateway may invoke the function behind a reference, on behalf of a resource. */
function invocationFaults(deployment: Deployment, reference: string, source: string): string[] {
  if (deployment.byReference(reference)?.type !== 'AWS::Lambda::Function')
    return [`${reference} is no function`];
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

/** AWS publishes no limit on the mappings of one integration, so they stay far below any. */
const mostMappings = 149;

function responseFaults({ properties }: Resource, { key, kind, shared, entry }: ExpectedRoute): string[] {
  const byStatus = asRecord(properties['ResponseParameters']);
  if (kind === 'webhook') return equal('response mappings', Object.keys(byStatus), []);
  const [method = ''] = key.split(' ');
  const answeredBy = kind === 'fargate' || kind === 'ip' ? 'service' : 'function';
  const count = Object.values(byStatus).flatMap((one) =>
    asRecords(asRecord(one)['ResponseParameters']),
  ).length;
  // Other routes of the integration may bring more codes; what is mapped for those is checked as well.
  const statuses = new Set([
    ...(kind === 'health' ? [200] : statusCodes(method, shared, answeredBy)),
    ...Object.keys(byStatus).map(Number),
  ]);
  const excess = count > mostMappings ? [`has ${count} response mappings, over ${mostMappings}`] : [];
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
};

function loadBalancerFaults(
  deployment: Deployment,
  integration: Resource,
  expected: ExpectedRoute,
): string[] {
  const { properties } = integration;
  const listener = deployment.byReference(String(properties['IntegrationUri']));
  if (listener?.type !== 'AWS::ElasticLoadBalancingV2::Listener') return ['leads to no load balancer'];
  const link = deployment.byReference(String(properties['ConnectionId']));
  const answer = (decision: string, service: string, cohort = 'stable') =>
    answerOf(deployment, listener, { decision, service, cohort });
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
    ...Object.entries(refusals).flatMap(([word, status]) =>
      equal(`answer to ${word}`, answer(word, expected.service), status),
    ),
    ...equal(
      `answer to allow for ${expected.service}`,
      answer('allow', expected.service),
      expected.kind === 'health' ? 'fixed 200' : `service ${expected.service}`,
    ),
    ...equal(
      `answer to allow for the canary callers of ${expected.service}`,
      answer('allow', expected.service, 'canary'),
      expected.kind === 'health' ? 'fixed 200' : `service ${expected.canary ?? expected.service}`,
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

/** What the listener does with a call: the first rule by priority whose every condition holds, or the default. */
function answerOf(
  deployment: Deployment,
  listener: Resource,
  call: {
    readonly decision: string | readonly string[];
    readonly service: string | readonly string[];
    readonly cohort: string;
  },
): string {
  const headers: Readonly<Record<string, readonly string[]>> = {
    'x-gw-decision': [call.decision].flat(),
    'x-gw-service': [call.service].flat(),
    'x-gw-cohort': [call.cohort],
  };
  const rule = deployment
    .ofType('AWS::ElasticLoadBalancingV2::ListenerRule')
    .filter((candidate) => candidate.properties['ListenerArn'] === listener.id)
    .sort((a, b) => Number(a.properties['Priority']) - Number(b.properties['Priority']))
    .find((candidate) =>
      asRecords(candidate.properties['Conditions']).every((condition) => {
        const header = asRecord(condition['HttpHeaderConfig']);
        const sent = headers[String(header['HttpHeaderName'])] ?? [];
        const values: unknown = header['Values'];
        return (
          condition['Field'] === 'http-header' &&
          Array.isArray(values) &&
          // Of a repeated header every value is compared; an asterisk stands for any text.
          sent.some((value) => values.some((pattern) => matchesPattern(String(pattern), value)))
        );
      }),
    );
  const [action] = asRecords(rule?.properties['Actions'] ?? listener.properties['DefaultActions']);
  return action === undefined ? 'nothing' : describeAction(deployment, action);
}

const matchesPattern = (pattern: string, value: string) =>
  pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;

/** What becomes of a partner's call to a service, and of one whose own headers survive beside the API's. */
function partnerFaults(
  deployment: Deployment,
  { partnerRoutes, services }: Configuration['catalogue'],
): string[] {
  const [listener] = deployment.ofType('AWS::ElasticLoadBalancingV2::Listener');
  if (listener === undefined) return ['there is no listener'];
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
          `answer to a partner that says allow for ${other} beside ${service}`,
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

function describeAction(deployment: Deployment, action: Readonly<Record<string, unknown>>): string {
  if (action['Type'] === 'fixed-response') {
    const response = asRecord(action['FixedResponseConfig']);
    if (response['ContentType'] !== 'application/json')
      return `fixed answer of ${String(response['ContentType'])}`;
    const body = asRecord(JSON.parse(String(response['MessageBody'])));
    const status = Number(response['StatusCode']);
    return typeof body['status'] === 'number' && typeof body['title'] === 'string'
      ? `${status} problem ${body['status']}`
      : `fixed ${status}`;
  }
  // Two groups that take turns: all calls begin with the one that has the weight.
  const weighted = asRecords(asRecord(action['ForwardConfig'])['TargetGroups']);
  const heavy = weighted.find(({ Weight }) => Number(Weight) > 0);
  const targets = String(action['TargetGroupArn'] ?? heavy?.['TargetGroupArn']);
  const behind = deployment
    .ofType('AWS::ECS::Service')
    .find((service) =>
      asRecords(service.properties['LoadBalancers']).some((entry) => entry['TargetGroupArn'] === targets),
    );
  const definition = deployment.byReference(String(behind?.properties['TaskDefinition']));
  const [container] = asRecords(definition?.properties['ContainerDefinitions']);
  const name = asRecords(container?.['Environment']).find((variable) => variable['Name'] === 'SERVICE_NAME');
  return `service ${String(name?.['Value'])}`;
}

function equal(what: string, is: unknown, expected: unknown): string[] {
  return JSON.stringify(is) === JSON.stringify(expected)
    ? []
    : [`${what} is ${JSON.stringify(is)}, not ${JSON.stringify(expected)}`];
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asRecords(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(asRecord) : [];
}
