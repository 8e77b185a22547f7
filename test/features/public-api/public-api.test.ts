import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { accessLogFields } from '../../../lib/features/public-api/access-log-format.ts';
import { PublicApi, type PublicApiProps } from '../../../lib/features/public-api/public-api.ts';
import { responseMappings } from '../../../lib/features/public-api/response-mappings.ts';
import { onlyResource } from '../../support/only-resource.ts';
import { newStack } from '../../support/test-stack.ts';

const integration = { integrationId: 'i' };
const open = { withoutAuthorizer: 'for the test' };

function newGateway(props: Partial<PublicApiProps> = {}) {
  const stack = newStack();
  const gateway = new PublicApi(stack, 'PublicApi', {
    name: 'gatehouse-test',
    description: 'The public API of test.',
    cors: {
      origins: ['https://store.example'],
      methods: ['GET', 'HEAD', 'POST'],
      requestHeaders: ['x-api-version'],
      responseHeaders: ['x-more'],
      maxAgeSeconds: 600,
    },
    logRetention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
    ...props,
  });
  return { stack, gateway, template: () => Template.fromStack(Stack.of(gateway)) };
}

describe('the public API', () => {
  test('has the CORS settings of the configuration', () => {
    const { template } = newGateway();
    const { CorsConfiguration, DisableExecuteApiEndpoint } = onlyResource(
      template(),
      'AWS::ApiGatewayV2::Api',
    );
    expect(CorsConfiguration).toMatchObject({
      AllowMethods: ['GET', 'HEAD', 'POST'],
      AllowHeaders: ['x-api-version'],
      MaxAge: 600,
    });
    expect(CorsConfiguration.ExposeHeaders).toEqual(['x-more']);
    expect(DisableExecuteApiEndpoint).not.toBe(true);
  });

  test('throttles a route with its limit, and other routes with the limit of the API', () => {
    const { gateway, template } = newGateway();
    gateway.addRoute('GET /a', integration, open);
    gateway.addRoute('POST /b', integration, open, { requestsPerSecond: 10, burst: 20 });
    const [stage] = Object.values(template().findResources('AWS::ApiGatewayV2::Stage'));
    expect(stage?.['Properties'].RouteSettings).toEqual({
      'POST /b': { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20, DetailedMetricsEnabled: true },
    });
    expect(stage?.['DependsOn']).toEqual([expect.stringContaining('POSTb')]);
  });

  test('disables the default endpoint with a custom domain', () => {
    const { gateway, template } = newGateway({
      domain: {
        name: 'origin.store.example',
        certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/a',
        hostedZone: { id: 'Z1', name: 'store.example' },
        trustStore: { bucket: 'trust', key: 'edge.pem', version: '3' },
      },
    });
    expect(gateway.domainName).toBe('origin.store.example');
    const made = template();
    expect(onlyResource(made, 'AWS::ApiGatewayV2::Api')['DisableExecuteApiEndpoint']).toBe(true);
    expect(onlyResource(made, 'AWS::ApiGatewayV2::DomainName')).toMatchObject({
      DomainName: 'origin.store.example',
      DomainNameConfigurations: [{ EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' }],
      MutualTlsAuthentication: { TruststoreUri: 's3://trust/edge.pem', TruststoreVersion: '3' },
    });
    made.resourceCountIs('AWS::ApiGatewayV2::ApiMapping', 1);
    made.resourceCountIs('AWS::Route53::RecordSet', 2);
  });

  test('logs decision, plan, client, cohort, latencies and policy version within 3 KB', () => {
    expect(Object.keys(accessLogFields)).toEqual(
      expect.arrayContaining([
        'decision',
        'plan',
        'clientId',
        'cohort',
        'policyVersion',
        'latencyMs',
        'integrationLatencyMs',
      ]),
    );
    expect(Buffer.byteLength(JSON.stringify(accessLogFields))).toBeLessThanOrEqual(3 * 1_024);
  });
});

describe('response mappings', () => {
  const deprecated = { since: '2026-11-01', sunset: '2027-05-01', link: 'https://a.example/versions' };
  const changes = (methods: string[], set: Record<string, string> = {}) => ({
    methods: new Set(methods),
    shared: false,
    headers: { set, remove: ['server'] },
  });
  const countOf = (mappings: Readonly<Record<string, unknown>>) =>
    Object.values(mappings).flatMap((one) => (one as { ResponseParameters: object[] }).ResponseParameters)
      .length;

  test('add deprecation headers to responses of an old version, and keep links of the service', () => {
    const mappings = responseMappings({ ...changes(['GET'], { 'x-kind': 'old' }), deprecated }, 'function');
    const own = [
      { Destination: 'overwrite:header.x-kind', Source: 'old' },
      { Destination: 'remove:header.server', Source: "''" },
    ];
    const old = [
      { Destination: 'overwrite:header.Deprecation', Source: '@1793491200' },
      { Destination: 'overwrite:header.Sunset', Source: 'Sat, 01 May 2027 00:00:00 GMT' },
      { Destination: 'append:header.Link', Source: '<https://a.example/versions>; rel="deprecation"' },
    ];
    for (const status of ['200', '404', '422', '401', '429', '503'])
      expect(mappings[status]).toEqual({ ResponseParameters: [...own, ...old] });
    expect(mappings['502']).toEqual({ ResponseParameters: own });
  });

  test.each([
    [['GET'], undefined],
    [['GET', 'POST', 'PUT', 'DELETE'], undefined],
    [['GET'], deprecated],
    [['POST'], deprecated],
  ])('of a service for %j with the deprecation %j stay below the maximum', (methods, old) => {
    const mappings = responseMappings({ ...changes(methods), deprecated: old }, 'service');
    expect(countOf(mappings)).toBeLessThan(150);
  });

  test('refuse a route that changes too many headers, and name the remedy', () => {
    const set = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`x-own-${index}`, 'a']));
    expect(() => responseMappings(changes(['POST'], set), 'service')).toThrow(
      /for POST needs \d+ response mappings and may have 149\. Set or remove fewer headers/,
    );
  });
});
