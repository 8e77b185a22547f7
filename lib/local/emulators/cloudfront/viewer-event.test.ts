import { describe, expect, test } from 'vitest';
import { HeaderFields } from '../../http/header-fields.ts';
import { applyRequestChanges, type RequestObject, requestObject } from './viewer-event.ts';

const request = {
  method: 'GET',
  path: '/a%2Fb',
  query: 'x=1&y&x=%20',
  headers: HeaderFields.fromRaw([
    ...Object.entries({ host: 'h', accept: 'a', connection: 'x', cookie: 'one=1; two=2' }).flat(),
    'accept',
    'b',
  ]),
  viewerAddress: '192.0.2.1',
  requestId: 'r',
};
const edit = (change: Partial<RequestObject>) =>
  applyRequestChanges(request, { ...requestObject(request), ...change });

describe('the event of a viewer function', () => {
  test('has names in lower case, values as sent, and repeated values in multiValue', () => {
    expect(requestObject(request)).toEqual({
      method: 'GET',
      uri: '/a%2Fb',
      querystring: { x: { value: '1', multiValue: [{ value: '1' }, { value: '%20' }] }, y: { value: '' } },
      headers: { host: { value: 'h' }, accept: { value: 'a', multiValue: [{ value: 'a' }, { value: 'b' }] } },
      cookies: { one: { value: '1' }, two: { value: '2' } },
    });
  });

  test('keeps unchanged parts exactly as the viewer sent them', () => {
    const same = edit({});
    if (typeof same === 'string') throw new Error(same);
    expect([same.path, same.query, same.headers.toRaw()]).toEqual([
      request.path,
      request.query,
      request.headers.toRaw(),
    ]);
  });

  test('applies changes of path, query, cookies and headers', () => {
    const changed = edit({
      uri: '/v2/x',
      querystring: { y: { value: '2' } },
      headers: { host: { value: 'h' }, 'x-new': { value: 'n' } },
      cookies: { two: { value: '3' } },
    });
    if (typeof changed === 'string') throw new Error(changed);
    expect([changed.path, changed.query]).toEqual(['/v2/x', 'y=2']);
    expect(
      Object.fromEntries(changed.headers.names().map((name) => [name, changed.headers.get(name)])),
    ).toEqual({
      host: 'h',
      connection: 'x',
      'x-new': 'n',
      cookie: 'two=3',
    });
  });

  test.each([
    ['another Host', { headers: { host: { value: 'other' } } }, 'host'],
    ['no Host', { headers: {} }, 'host'],
    [
      'a header of the connection',
      { headers: { host: { value: 'h' }, connection: { value: 'close' } } },
      'connection',
    ],
    [
      'a header of CloudFront',
      { headers: { host: { value: 'h' }, 'x-amz-cf-id': { value: 'x' } } },
      'x-amz-cf-id',
    ],
    ['a name in upper case', { headers: { host: { value: 'h' }, 'X-A': { value: 'x' } } }, 'lower case'],
    ['a path without a slash', { uri: 'x' }, 'request.uri'],
  ])('refuses %s', (_, change, detail) => {
    expect(edit(change as Partial<RequestObject>)).toContain(detail);
  });
});
