import { describe, expect, test } from 'vitest';
import { sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { EdgeRequest } from '../cloudfront/edge-request.ts';
import { compileWebAcls } from './web-acl.ts';

const visibility = { CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: 'm' };
const rule = (Priority: number, Statement: unknown, Action: unknown = { Block: {} }) => ({
  Name: `rule${Priority}`,
  Priority,
  Statement,
  Action,
  VisibilityConfig: visibility,
});
const path = (SearchString: string, PositionalConstraint = 'STARTS_WITH') => ({
  ByteMatchStatement: {
    SearchString,
    PositionalConstraint,
    FieldToMatch: { UriPath: {} },
    TextTransformations: [{ Priority: 0, Type: 'URL_DECODE' }],
  },
});

function firewall(rules: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) {
  const findings = new UnsupportedFeatures();
  const notices: string[] = [];
  const clock = { ms: 0 };
  const deployment = sampleDeployment({
    Acl: {
      type: 'AWS::WAFv2::WebACL',
      properties: {
        Scope: 'CLOUDFRONT',
        DefaultAction: { Allow: {} },
        VisibilityConfig: visibility,
        Rules: rules,
        ...more,
      },
    },
    Blocked: {
      type: 'AWS::WAFv2::IPSet',
      properties: { Addresses: ['10.0.0.0/8'], IPAddressVersion: 'IPV4', Scope: 'CLOUDFRONT' },
    },
  });
  const compiled = compileWebAcls(
    deployment,
    () => clock.ms,
    (text) => notices.push(text),
    findings,
  );
  findings.throwIfAny();
  const ask = (requested: string, viewerAddress = '192.0.2.1', more: Partial<EdgeRequest> = {}) =>
    compiled.get('test.Acl')?.({
      method: 'GET',
      path: requested,
      query: '',
      headers: new HeaderFields(),
      viewerAddress,
      requestId: 'r',
      ...more,
    });
  return { ask, clock, notices };
}

describe('compileWebAcls', () => {
  test('limits each address under a path and returns the response of the rule', () => {
    const { ask, clock } = firewall(
      [
        rule(
          1,
          {
            RateBasedStatement: {
              AggregateKeyType: 'IP',
              Limit: 10,
              EvaluationWindowSec: 60,
              ScopeDownStatement: { OrStatement: { Statements: [path('/api/'), path('/v1/')] } },
            },
          },
          {
            Block: {
              CustomResponse: {
                ResponseCode: 429,
                CustomResponseBodyKey: 'slow',
                ResponseHeaders: [{ Name: 'Retry-After', Value: '60' }],
              },
            },
          },
        ),
      ],
      { CustomResponseBodies: { slow: { ContentType: 'APPLICATION_JSON', Content: '{}' } } },
    );
    for (let call = 0; call < 10; call += 1) expect(ask('/%61pi/x')).toBeNull();
    for (let call = 0; call < 20; call += 1) expect(ask('/other')).toBeNull();
    const refused = ask('/api/x');
    expect([refused?.status, refused?.headers.get('retry-after'), refused?.body]).toEqual([
      429,
      '60',
      Buffer.from('{}'),
    ]);
    expect(ask('/api/x', '192.0.2.2')).toBeNull();
    clock.ms = 60_000;
    expect(ask('/api/x')).toBeNull();
  });

  test('evaluates rules by priority; Allow and Block end the evaluation, Count does not', () => {
    const { ask } = firewall([
      rule(3, path('/admin')),
      rule(1, path('/admin/open'), { Allow: {} }),
      rule(2, path('/admin'), { Count: {} }),
    ]);
    expect(ask('/admin/open')).toBeNull();
    expect(ask('/admin/x')?.status).toBe(403);
    expect(ask('/')).toBeNull();
  });

  test('matches addresses in IP sets and their negation', () => {
    const { ask } = firewall([
      rule(1, {
        AndStatement: {
          Statements: [
            path('/x'),
            { NotStatement: { Statement: { IPSetReferenceStatement: { Arn: 'arn:test.Blocked' } } } },
          ],
        },
      }),
    ]);
    expect(ask('/x', '10.1.2.3')).toBeNull();
    expect(ask('/x', '11.1.2.3')?.status).toBe(403);
    expect(ask('/x', '::1')?.status).toBe(403);
  });

  const bodyOver = (Size: number, OversizeHandling: string) => ({
    SizeConstraintStatement: {
      FieldToMatch: { Body: { OversizeHandling } },
      ComparisonOperator: 'GT',
      Size,
      TextTransformations: [{ Priority: 0, Type: 'NONE' }],
    },
  });

  test.each([
    ['MATCH', undefined, [1_000, 1_001, 20_000], [false, true, true]],
    ['NO_MATCH', undefined, [1_000, 1_001, 16_384, 16_385], [false, true, true, false]],
    ['CONTINUE', undefined, [1_000, 1_001, 20_000], [false, true, true]],
    ['NO_MATCH', 'KB_32', [16_385, 32_768, 32_769], [true, true, false]],
  ])('measures the inspected part of a body (%s, %s)', (handling, limit, sizes, expected) => {
    const more =
      limit === undefined
        ? {}
        : { AssociationConfig: { RequestBody: { CLOUDFRONT: { DefaultSizeInspectionLimit: limit } } } };
    const { ask } = firewall([rule(1, bodyOver(1_000, handling))], more);
    expect(sizes.map((bodyBytes) => ask('/', '192.0.2.1', { bodyBytes }) !== null)).toEqual(expected);
  });

  test('of an API uses the client address from the header that the edge sets', () => {
    const forwarded = { HeaderName: 'X-Viewer', FallbackBehavior: 'MATCH' };
    const { ask } = firewall(
      [
        rule(1, {
          IPSetReferenceStatement: {
            Arn: 'arn:test.Blocked',
            IPSetForwardedIPConfig: { ...forwarded, Position: 'FIRST' },
          },
        }),
        rule(2, {
          RateBasedStatement: { AggregateKeyType: 'FORWARDED_IP', ForwardedIPConfig: forwarded, Limit: 10 },
        }),
      ],
      { Scope: 'REGIONAL' },
    );
    const from = (value?: string) =>
      ask('/', '10.0.0.1', { headers: HeaderFields.of(value === undefined ? {} : { 'x-viewer': value }) });
    expect(from('10.1.2.3')?.status).toBe(403);
    expect(from('no address')?.status).toBe(403);
    expect(from()).toBeNull();
    for (let call = 0; call < 10; call += 1) expect(from('192.0.2.7')).toBeNull();
    expect(from('192.0.2.7')?.status).toBe(403);
    expect(from('192.0.2.8')).toBeNull();
  });

  test('no label matches, because managed rule groups are not emulated', () => {
    const { ask } = firewall([
      rule(1, { LabelMatchStatement: { Scope: 'LABEL', Key: 'awswaf:managed:aws:core-rule-set:X' } }),
    ]);
    expect(ask('/')).toBeNull();
  });

  test('reports the number of managed rule groups and skips them', () => {
    const group = { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet' } };
    const { ask, notices } = firewall([rule(1, group), rule(2, group)]);
    expect(ask('/?q=<script>')).toBeNull();
    expect(notices).toEqual(['AWS-managed firewall groups are skipped locally: 1.']);
  });

  test('refuses statements that are not emulated', () => {
    expect(() => firewall([rule(1, { GeoMatchStatement: { CountryCodes: ['XX'] } })])).toThrow(
      /WebACL\.Rules\[0\]\.Statement\.GeoMatchStatement: is not emulated/,
    );
  });
});
