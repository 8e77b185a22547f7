import { expect, test } from 'vitest';
import { urlRewrite } from './url-rewrite.ts';

const rewrite = urlRewrite([
  {
    Type: 'url-rewrite',
    UrlRewriteConfig: { Rewrites: [{ Regex: '^/partner/(.*)$', Replace: '/$1' }] },
  },
]);

test.each([
  ['/partner/api/products', 'limit=2', '/api/products', 'limit=2'],
  ['/partner/api/products', '', '/api/products', ''],
  ['/partner/a%2Fb', 'next=/partner/x?y', '/a%2Fb', 'next=/partner/x?y'],
  ['/partner/partner/x', '', '/partner/x', ''],
  // Without a match the request goes on as it is.
  ['/api/partner/x', 'a=b', '/api/partner/x', 'a=b'],
  ['/partners/x', '', '/partners/x', ''],
])('%s?%s goes to the target as %s?%s', (path, query, newPath, newQuery) => {
  expect(rewrite({ path, query })).toEqual({ path: newPath, query: newQuery });
});

test('a rule without transforms changes nothing', () => {
  expect(urlRewrite([])({ path: '/partner/x', query: 'a' })).toEqual({ path: '/partner/x', query: 'a' });
});
