import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import { newCall } from './call.ts';
import { applyMappings, compileMapping } from './mapping.ts';

const exchange = {
  method: 'GET',
  path: '/pets/a%2Fb',
  query: 'q=1&q=2&keep=%20x',
  headers: HeaderFields.fromRaw(['x-a', '1', 'X-A', '2', 'host', 'api.example']),
  peer: '192.0.2.1',
  protocol: 'HTTP/1.1',
} as unknown as Exchange;

function call() {
  const facts = {
    apiId: 'api',
    accountId: '1',
    region: 'r',
    stage: '$default',
    stageVariables: { color: 'red' },
  };
  const made = newCall(facts, exchange, 'request-1', 0);
  made.pathParameters = { id: 'a/b' };
  made.authorizer = { decision: 'allow', count: '3' };
  return made;
}

function apply(destination: string, source: string, side: 'request' | 'response' = 'request') {
  const mapping = compileMapping(destination, source, side);
  if (typeof mapping === 'string') throw new Error(mapping);
  const mapped = {
    headers: exchange.headers.copy(),
    path: exchange.path,
    query: exchange.query,
    status: 200,
  };
  const missing: string[] = [];
  const responseHeaders = HeaderFields.of({ 'x-from-service': 'yes' });
  applyMappings([mapping], mapped, { call: call(), responseHeaders }, (which) => missing.push(which));
  return { ...mapped, missing };
}

describe('sources', () => {
  test.each([
    ['$request.header.X-A', '1,2'],
    ['$request.querystring.q', '1,2'],
    ['$request.path', '/pets/a%2Fb'],
    ['$request.path.id', 'a/b'],
    ['$context.authorizer.decision', 'allow'],
    ['$context.requestId', 'request-1'],
    ['$context.domainPrefix', 'api'],
    ['$stageVariables.color', 'red'],
    ['plain text', 'plain text'],
    [`\${context.requestId}/\${request.path.id}-\${stageVariables.color}`, 'request-1/a/b-red'],
  ])('%s is %s', (source, value) => {
    expect(apply('overwrite:header.x-b', source).headers.get('x-b')).toBe(value);
  });

  test('a mapping without a value is skipped and reported', () => {
    const { headers, missing } = apply('overwrite:header.x-a', '$context.authorizer.absent');
    expect([headers.get('x-a'), missing]).toEqual(['1, 2', ['overwrite:header.x-a']]);
  });

  test.each([
    ['$context.authorise.x', 'not a variable'],
    ['$request.body.name', 'mappings of the body are not emulated'],
    ['$request.cookie.a', 'not a valid source'],
    ['$response.header.x', 'no value in a request mapping'],
  ])('refuses %s', (source, reason) => {
    expect(compileMapping('overwrite:header.a', source, 'request')).toContain(reason);
  });
});

describe('destinations', () => {
  test('append, overwrite and remove headers', () => {
    expect(apply('append:header.x-a', '3').headers.all('x-a')).toEqual(['1', '2', '3']);
    expect(apply('overwrite:header.X-A', '3').headers.all('x-a')).toEqual(['3']);
    expect(apply('remove:header.x-a', "''").headers.has('x-a')).toBe(false);
  });

  test('change one query parameter and keep the others as they were sent', () => {
    expect(apply('append:querystring.q', 'a b').query).toBe('q=1&q=2&keep=%20x&q=a%20b');
    expect(apply('overwrite:querystring.q', '3').query).toBe('keep=%20x&q=3');
    expect(apply('remove:querystring.q', "''").query).toBe('keep=%20x');
  });

  test('set the path of a request and the status of a response', () => {
    expect(apply('overwrite:path', '/other').path).toBe('/other');
    expect(apply('overwrite:statuscode', '418', 'response').status).toBe(418);
    expect(
      apply('overwrite:header.x-b', '$response.header.x-from-service', 'response').headers.get('x-b'),
    ).toBe('yes');
  });

  test.each([
    'overwrite:header.Authorization',
    'overwrite:header.X-Amzn-Trace-Id',
    'append:header.access-control-allow-origin',
    'overwrite:header.Via',
    'remove:header.Content-Length',
  ])('refuses the reserved header of %s', (destination) => {
    expect(compileMapping(destination, 'x', 'request')).toContain('reserves');
  });

  test.each([
    ['overwrite:statuscode', 'request'],
    ['overwrite:path', 'response'],
    ['append:querystring.a', 'response'],
    ['replace:header.a', 'request'],
  ] as const)('refuses %s in a %s mapping', (destination, side) => {
    expect(compileMapping(destination, 'x', side)).toContain(`not a valid destination of a ${side} mapping`);
  });
});
