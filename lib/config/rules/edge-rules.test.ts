import { expect, test } from 'vitest';
import { local } from '../environments/local.ts';
import { type EnvironmentInput, loadConfiguration } from '../index.ts';

const withEdge = (edge: Partial<EnvironmentInput['edge']>) => () =>
  loadConfiguration('local', { edge: { ...local.edge, ...edge } });

test.each([
  [{ firewall: { block: ['nobody'] } }, 'firewall.block: names the address list "nobody"'],
  [{ firewall: { allow: ['nobody'] } }, 'firewall.allow: names the address list "nobody"'],
  [{ static: { pathPrefixes: ['/api/'] } }, 'has "/api/", which hides routes of the catalogue'],
  [{ static: { pathPrefixes: ['assets'] } }, 'Write a prefix as "/assets/"'],
  [{ firewall: { capacityUnits: 6_000 } }, 'Give at most 5000, the maximum of AWS WAF.'],
  [{ firewall: { bodyLimit: { kibibytes: 8 as never } } }, 'Use one of: 16, 32, 48, 64'],
  [{ storefront: { domainName: 'https://www.store.example' } }, 'Give a host name'],
])('refuses an edge with %j', (edge, fault) => {
  expect(withEdge(edge)).toThrow(fault);
});

test('accepts a storefront with a secondary origin', () => {
  const storefront = { domainName: 'www.store.example', failoverDomainName: 'www2.store.example' };
  expect(withEdge({ storefront })().environment.edge.storefront).toEqual(storefront);
});
