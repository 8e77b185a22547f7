import { expect, test } from 'vitest';
import { catalogue } from '../../../lib/config/catalogue/catalogue.ts';
import { loadCatalogue } from '../../../lib/config/index.ts';
import { unmatchedPaths, unmatchedRouteKeys } from '../../../lib/config/route-keys.ts';
import { unmatchedPaths as pathsOfTheAuthorizer } from '../../../runtime/contracts/gateway-contract.ts';

test('the authorizer knows the paths of unmatched requests', () => {
  expect(unmatchedPaths).toEqual(pathsOfTheAuthorizer);
});

test('every method of the catalogue has routes for unmatched requests', () => {
  expect(unmatchedRouteKeys(loadCatalogue())).toEqual(
    ['DELETE', 'GET', 'HEAD', 'POST', 'PUT'].flatMap((method) => [`${method} /`, `${method} /{unmatched+}`]),
  );
});

test('a route of the catalogue for every path takes the place of one', () => {
  const everyPath = { service: 'order', access: 'orders:read', limit: 'user', head: false } as const;
  const routes = { ...catalogue.routes, 'GET /{rest+}': everyPath };
  const keys = unmatchedRouteKeys(loadCatalogue({ ...catalogue, routes }));
  expect(keys).not.toContain('GET /{unmatched+}');
  expect(keys).toContain('POST /{unmatched+}');
});
