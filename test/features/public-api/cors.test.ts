import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../lib/config/index.ts';
import { environmentNames, type Resource, resourcesOf } from '../../support/synth.ts';

/** Headers of requests that the services and the aggregation read, or that clients of the field send by themselves. */
const sendable = (
  'authorization content-type idempotency-key if-match if-none-match if-unmodified-since ' +
  'prefer traceparent tracestate x-api-key x-api-version'
).split(' ');
/** Headers of answers that a page needs to go on. */
const readable = ['ETag', 'Location', 'Retry-After', 'Allow', 'Link', 'RateLimit', 'x-request-id'];

const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase()).sort();

describe.each(environmentNames)('a page of an allowed origin of %s', (environment) => {
  const { corsOrigins } = loadConfiguration(environment).environment;
  const ofType = (type: string): Resource[] =>
    resourcesOf(environment)
      .filter(({ resource }) => resource['Type'] === type)
      .map(({ resource }) => resource['Properties']);

  test('may send and read the headers of the API', () => {
    const [api] = ofType('AWS::ApiGatewayV2::Api').filter((one) => one['ProtocolType'] === 'HTTP');
    const { AllowOrigins, AllowHeaders, ExposeHeaders, AllowCredentials } = api?.['CorsConfiguration'] ?? {};
    expect(AllowOrigins).toEqual(corsOrigins);
    expect(AllowHeaders).toEqual(expect.arrayContaining(sendable));
    expect(ExposeHeaders).toEqual(expect.arrayContaining(readable));
    // Answers of function and firewall allow every origin, which a browser ignores for calls with cookies.
    expect(AllowCredentials ?? false).toBe(false);
  });

  test('may send and read the same headers at the edge for every origin', () => {
    const [api] = ofType('AWS::ApiGatewayV2::Api').filter((one) => one['ProtocolType'] === 'HTTP');
    const cors = api?.['CorsConfiguration'];
    const [distribution] = ofType('AWS::CloudFront::Distribution');
    const { CacheBehaviors, DefaultCacheBehavior, Origins } = distribution?.['DistributionConfig'] ?? {};
    const apiOrigins = Origins.filter((origin: Resource) => origin['OriginCustomHeaders'] !== undefined);
    const behaviors = [DefaultCacheBehavior, ...CacheBehaviors].filter((behavior: Resource) =>
      apiOrigins.some((origin: Resource) => origin['Id'] === behavior['TargetOriginId']),
    );
    expect(behaviors.length).toBeGreaterThan(5);
    const policies = new Map(
      resourcesOf(environment)
        .filter(({ resource }) => resource['Type'] === 'AWS::CloudFront::ResponseHeadersPolicy')
        .map(({ id, resource }) => [id, resource['Properties'].ResponseHeadersPolicyConfig]),
    );
    for (const behavior of behaviors) {
      const policy = policies.get(behavior.ResponseHeadersPolicyId.Ref);
      const config = policy.CorsConfig;
      expect(config).toMatchObject({ AccessControlAllowCredentials: false, OriginOverride: true });
      expect(config.AccessControlAllowOrigins.Items).toEqual(cors.AllowOrigins);
      expect(lower(config.AccessControlAllowHeaders.Items)).toEqual(lower(cors.AllowHeaders));
      expect(lower(config.AccessControlExposeHeaders.Items)).toEqual(lower(cors.ExposeHeaders));
      expect(lower(config.AccessControlAllowMethods.Items)).toEqual(lower(cors.AllowMethods));
      expect(policy.CustomHeadersConfig.Items).toEqual(
        expect.arrayContaining([
          { Header: 'Vary', Value: 'Origin, X-API-Version', Override: false },
          { Header: 'Cache-Control', Value: 'no-store', Override: false },
        ]),
      );
    }
  });

  test('can read every custom response of the web ACL', () => {
    const acls = ofType('AWS::WAFv2::WebACL');
    expect(acls).toHaveLength(2);
    for (const { Rules, CustomResponseBodies } of acls) {
      const blocking = Rules.filter((rule: Resource) => rule['Action']?.Block !== undefined);
      expect(blocking.length).toBeGreaterThan(1);
      for (const { Name, Action } of blocking) {
        const { ResponseHeaders, CustomResponseBodyKey, ResponseCode } = Action.Block.CustomResponse;
        const headers = Object.fromEntries(
          ResponseHeaders.map((header: Resource) => [header['Name'], header['Value']]),
        );
        expect([Name, headers]).toEqual([
          Name,
          expect.objectContaining({
            'Access-Control-Allow-Origin': '*',
            'Access-Control-Expose-Headers': 'Allow, Retry-After',
            'Cache-Control': 'no-store',
          }),
        ]);
        expect(ResponseHeaders.length).toBeLessThanOrEqual(10);
        expect(JSON.parse(CustomResponseBodies[CustomResponseBodyKey].Content)).toMatchObject({
          status: ResponseCode,
        });
      }
    }
  });
});
