import { expect, test } from 'vitest';
import { local } from '../environments/local.ts';
import { type EnvironmentInput, loadConfiguration } from '../index.ts';

const withEdge = (edge: Partial<EnvironmentInput['edge']>) => () =>
  loadConfiguration('local', { edge: { ...local.edge, ...edge } });

test.each([
  [{ firewall: { block: ['nobody'] } }, 'firewall.block: names the address list "nobody"'],
  [{ firewall: { allow: ['nobody'] } }, 'firewall.allow: names the address list "nobody"'],
  [{ static: { pathPrefixes: ['/api/'] } }, 'has "/api/", below which the catalogue has routes'],
  [{ static: { pathPrefixes: ['assets'] } }, 'Write a prefix as "/assets/"'],
  [{ firewall: { capacityUnits: 6_000 } }, 'AWS allows 5000'],
  [{ firewall: { bodyLimit: { kibibytes: 8 as never } } }, 'Use one of: 16, 32, 48, 64'],
  [{ storefront: { domainName: 'https://www.store.example' } }, 'Give a host name'],
])('an edge of %j is refused', (edge, fault) => {
  expect(withEdge(edge)).toThrow(fault);
});

test('an edge may have a storefront with a second one behind it', () => {
  const storefront = { domainName: 'www.store.example', failoverDomainName: 'www2.store.example' };
  expect(withEdge({ storefront })().environment.edge.storefront).toEqual(storefront);
});
