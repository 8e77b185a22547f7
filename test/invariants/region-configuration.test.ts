import { describe, expect, test } from 'vitest';
import { prod } from '../../lib/config/environments/prod.ts';
import { ConfigError, type EnvironmentInput, loadConfiguration } from '../../lib/config/index.ts';
import { certificate, domain, frankfurt, sharedDatabase, twoRegions } from '../support/two-regions.ts';

describe('the configuration of several regions', () => {
  const faultsOf = (overrides: Partial<EnvironmentInput>): string => {
    try {
      loadConfiguration('prod', { ...twoRegions, ...overrides });
      return '';
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.message;
    }
  };
  const second = (changes: Partial<typeof frankfurt>) => ({ regions: [{ ...frankfurt, ...changes }] });
  const paris = {
    ...frankfurt,
    region: 'eu-west-3',
    availabilityZones: ['eu-west-3a', 'eu-west-3b', 'eu-west-3c'],
    network: { cidr: '10.42.0.0/16', natGateways: 3 },
    apiCertificateArn: certificate('eu-west-3'),
  };

  test.each<[string, Partial<EnvironmentInput>, string]>([
    ['a missing domain', { api: {} }, 'prod.api.domain: is missing'],
    [
      'a missing hosted zone',
      { api: { domain: { ...domain, hostedZone: undefined } } },
      'prod.api.domain: is missing',
    ],
    [
      'latency routing with Aurora',
      { regionRouting: 'latency' },
      'prod.database: has one writer in one region',
    ],
    [
      'databases of different kinds',
      { regions: [{ ...frankfurt, database: sharedDatabase }] },
      'prod.regions[0].database: is of kind "existing", but the first region\'s is of kind "aurora"',
    ],
    [
      'a user pool',
      { identity: { kind: 'cognito', domainPrefix: 'store', applications: {} } },
      'prod.identity',
    ],
    [
      'a repeated region',
      second({ region: 'eu-west-1', availabilityZones: [...prod.availabilityZones] }),
      'prod.regions[0].region: names "eu-west-1" twice',
    ],
    [
      'overlapping CIDR ranges',
      second({ network: { cidr: '10.40.128.0/17', natGateways: 1 } }),
      'prod.regions[0].network.cidr: overlaps',
    ],
    [
      'availability zones of another region',
      second({ availabilityZones: [...prod.availabilityZones] }),
      'prod.regions[0].availabilityZones: names a zone that is not in eu-central-1',
    ],
    [
      'failover among three regions',
      { regions: [frankfurt, paris] },
      'prod.regions: has 2 regions besides the first',
    ],
    [
      'an unknown service in the second region',
      second({ services: { ...frankfurt.services, canaryImageTags: { nobody: 'x' } } }),
      'environments/prod.regions[0].services.canaryImageTags',
    ],
  ])('is refused with the path of the field for %s', (_, overrides, fault) => {
    expect(faultsOf(overrides)).toContain(fault);
  });

  test('is accepted for three regions with latency routing and a shared database', () => {
    expect(
      faultsOf({ regions: [frankfurt, paris], regionRouting: 'latency', database: sharedDatabase }),
    ).toBe('');
  });
});
