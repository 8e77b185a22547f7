import { expect, test } from 'vitest';
import { catalogue } from '../../../lib/config/catalogue/catalogue.ts';
import { loadCatalogue } from '../../../lib/config/index.ts';
import {
  internalHeaderPrefixes,
  limitHeaders,
  requestHeaders,
} from '../../../runtime/contracts/gateway-contract.ts';

const changing = (side: 'requestHeaders' | 'responseHeaders', name: string) => () =>
  loadCatalogue({
    ...catalogue,
    routes: {
      ...catalogue.routes,
      'GET /api/tried': {
        service: 'product',
        access: 'anonymous',
        limit: 'anonymous',
        [side]: { set: { [name]: 'a' } },
      },
    },
  });

test.each([...Object.values(requestHeaders), ...internalHeaderPrefixes.map((prefix) => `${prefix}more`)])(
  'no route may change %s of a request',
  (name) => {
    expect(changing('requestHeaders', name.replace('--', '-'))).toThrow(
      'which is an internal header of the gateway',
    );
  },
);

test.each(Object.keys(limitHeaders))('refuses a route that changes the response header %s', (name) => {
  expect(changing('responseHeaders', name.toLowerCase())).toThrow('which the gateway sets itself');
});
