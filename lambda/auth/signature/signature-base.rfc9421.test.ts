import { describe, expect, test } from 'vitest';
import { componentValue, type SignedMessage } from './signature-base.ts';

describe('values of components (sections 2.1 and 2.2)', () => {
  const message: SignedMessage = {
    method: 'POST',
    scheme: 'https',
    authority: 'www.example.com',
    path: '/path',
    query: 'param=value',
    headers: {
      host: 'www.example.com',
      'x-ows-header': '   Leading and trailing whitespace.   ',
      'x-obs-fold-header': 'Obsolete\r\n    line folding.',
      'cache-control': ['max-age=60', '    must-revalidate'],
      'example-dict': '  a=1,    b=2;x=1;y=2,   c=(a   b   c)',
      'x-empty-header': '',
      'x-latin': 'caf\u00e9',
      'x-newline': 'one\n"@method": GET',
    },
  };

  test.each<[string, string | undefined]>([
    ['host', 'www.example.com'],
    ['x-ows-header', 'Leading and trailing whitespace.'],
    ['cache-control', 'max-age=60, must-revalidate'],
    ['example-dict', 'a=1,    b=2;x=1;y=2,   c=(a   b   c)'],
    ['x-empty-header', ''],
    ['@method', 'POST'],
    ['@target-uri', 'https://www.example.com/path?param=value'],
    ['@authority', 'www.example.com'],
    ['@scheme', 'https'],
    ['@path', '/path'],
    ['@query', '?param=value'],
    ['x-latin', undefined],
    ['x-newline', undefined],
    ['x-obs-fold-header', undefined],
    ['x-not-there', undefined],
    ['Host', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['@status', undefined],
    ['@query-param', undefined],
    ['@request-target', undefined],
    ['@signature-params', undefined],
    ['@constructor', undefined],
  ])('%s', (name, value) => {
    expect(componentValue(message, name)).toBe(value);
  });

  test.each<[Partial<SignedMessage>, string, string]>([
    [{ query: undefined }, '@query', '?'],
    [{ query: undefined }, '@target-uri', 'https://www.example.com/path'],
    [{ query: '' }, '@target-uri', 'https://www.example.com/path?'],
    [{ query: 'param=value&foo=bar&baz=bat%2Dman' }, '@query', '?param=value&foo=bar&baz=bat%2Dman'],
    [{ query: 'queryString' }, '@query', '?queryString'],
    [{ path: '' }, '@path', '/'],
    [{ path: '/a%2Fb' }, '@path', '/a%2Fb'],
    [{ authority: 'WWW.Example.COM:443' }, '@authority', 'www.example.com'],
    [{ authority: 'www.example.com:8443' }, '@authority', 'www.example.com:8443'],
    [{ authority: 'www.example.com:80', scheme: 'http' }, '@authority', 'www.example.com'],
    [{ authority: 'www.example.com:80' }, '@authority', 'www.example.com:80'],
  ])('%o: %s is %s', (part, name, value) => {
    expect(componentValue({ ...message, ...part }, name)).toBe(value);
  });
});
