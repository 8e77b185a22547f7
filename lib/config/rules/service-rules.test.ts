import { describe, expect, test } from 'vitest';
import { catalogue as storeCatalogue } from '../catalogue/catalogue.ts';
import { dev } from '../environments/dev.ts';
import { prod } from '../environments/prod.ts';
import { ConfigError, checkConfiguration, loadCatalogue } from '../index.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import type { EnvironmentInput } from '../schemas/environment.ts';
import { faultsOf } from '../testing/fixtures.ts';

const fargate = { kind: 'fargate', role: 'product', description: 'A service.' };
const ip = { kind: 'ip', description: 'Servers.' };

/**
 * The catalogue with additional, untyped services, which may have mistakes that the compiler would refuse.
 */
const withServices = (services: object, more: Partial<CatalogueInput> = {}): CatalogueInput => ({
  ...storeCatalogue,
  ...more,
  services: { ...storeCatalogue.services, ...services },
});

function environmentFaultsOf(input: CatalogueInput, environment: EnvironmentInput): string {
  try {
    checkConfiguration(loadCatalogue(input), environment);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('a service', () => {
  test.each<[string, object, string]>([
    [
      'with slow start but without round robin',
      { ...fargate, slowStartSeconds: 30, balancing: 'weighted_random' },
      'catalogue.services.extra.slowStartSeconds: is not supported with weighted_random.',
    ],
    [
      'with a slow start above the maximum',
      { ...fargate, slowStartSeconds: 901 },
      'catalogue.services.extra.slowStartSeconds: is more than 900.',
    ],
    [
      'with sticky sessions of more than one week',
      { ...ip, stickiness: { seconds: 604_801 } },
      'catalogue.services.extra.stickiness.seconds: is more than 604800.',
    ],
    [
      'with memory that Fargate does not offer for its units',
      { ...fargate, cpu: 1024, memoryMiB: 1_024 },
      'catalogue.services.extra.memoryMiB: is not offered by Fargate with 1024 units. Give 2048 to 8192 MiB',
    ],
    [
      'with a canary deployment longer than the maximum of CloudFormation',
      { ...fargate, deployment: { kind: 'canary', stepBakeMinutes: 1_440, bakeMinutes: 541 } },
      'catalogue.services.extra.deployment: takes 1981 minutes; CloudFormation allows 1980.',
    ],
    [
      'with a bake time above one day',
      { ...fargate, deployment: { kind: 'blueGreen', bakeMinutes: 1_441 } },
      'catalogue.services.extra.deployment.bakeMinutes: is more than 1440.',
    ],
    [
      'with an unknown kind of deployment',
      { ...fargate, deployment: { kind: 'linear' } },
      'catalogue.services.extra.deployment.kind: ',
    ],
    [
      'with a secret outside the environment',
      { ...fargate, secrets: { DATABASE_URL: '../prod/orders' } },
      'catalogue.services.extra.secrets.DATABASE_URL: is not valid. Name a secret in lower-case letters',
    ],
  ])('%s', (_, extra, message) => {
    expect(faultsOf(withServices({ extra }))).toContain(message);
  });

  test("with the name of another service's canary", () => {
    expect(faultsOf(withServices({ 'order-canary': fargate }))).toContain(
      'catalogue.services["order-canary"]: has the name of the canary deployment of "order".',
    );
  });

  test('with sticky sessions and a cached route', () => {
    const cached = {
      service: 'extra',
      access: 'anonymous',
      limit: 'anonymous',
      cache: { seconds: 9 },
    } as const;
    const input = withServices(
      { extra: { ...fargate, stickiness: { seconds: 60 } } },
      { routes: { ...storeCatalogue.routes, 'GET /api/extra': cached } },
    );
    expect(faultsOf(input)).toContain(
      "catalogue.services.extra.stickiness: would share one caller's cookie with others",
    );
  });

  test('is accepted when it is valid', () => {
    const extra = {
      ...fargate,
      slowStartSeconds: 30,
      stickiness: { seconds: 604_800 },
      deployment: { kind: 'canary', stepPercent: 0.1, stepBakeMinutes: 1_440, bakeMinutes: 540 },
      canary: {},
      secrets: { DATABASE_URL: 'orders/database' },
    };
    expect(faultsOf(withServices({ extra }))).toBe('');
  });
});

describe('an environment', () => {
  const withIp = withServices({ legacy: ip });
  test.each<[string, CatalogueInput, EnvironmentInput, string]>([
    [
      'without addresses of an ip service',
      withIp,
      dev,
      'environments/dev.addresses.legacy: is missing, but the service "legacy" needs it.',
    ],
    [
      'with addresses of an unknown service',
      storeCatalogue,
      { ...dev, addresses: { legacy: [{ address: '10.20.0.9' }] } },
      'environments/dev.addresses.legacy: is not a service of kind "ip".',
    ],
    [
      'with a public address as a target',
      withIp,
      { ...dev, addresses: { legacy: [{ address: '203.0.113.7' }] } },
      'environments/dev.addresses.legacy: has 203.0.113.7, which is not a private address',
    ],
    [
      'with an image tag of an unknown canary',
      storeCatalogue,
      { ...dev, services: { ...dev.services, canaryImageTags: { product: 'next' } } },
      'environments/dev.services.canaryImageTags.product: is not a service with a canary deployment.',
    ],
    [
      'with a collector that takes more than half of a task',
      storeCatalogue,
      {
        ...dev,
        services: {
          ...dev.services,
          collector: { image: `collector:v1.2.3@sha256:${'a'.repeat(64)}`, cpu: 32, memoryMiB: 300 },
        },
      },
      'environments/dev.services.collector: takes more than half of a task of "product" (256 units, 512 MiB).',
    ],
    [
      'with a collector image without digest',
      storeCatalogue,
      { ...dev, services: { ...dev.services, collector: { image: 'collector:v1.2.3' } } },
      'environments/dev.services.collector.image: is not valid. Pin the image',
    ],
    [
      'with Spot tasks in prod',
      storeCatalogue,
      { ...prod, services: { ...prod.services, spotPercent: 10 } },
      'environments/prod.services.spotPercent: would allow AWS to stop tasks in prod.',
    ],
    [
      'with shells in prod',
      storeCatalogue,
      { ...prod, services: { ...prod.services, exec: true } },
      'environments/prod.services.exec: would allow shells in prod.',
    ],
    [
      'with an invalid cron expression',
      storeCatalogue,
      { ...dev, services: { ...dev.services, schedules: { night: { cron: '0 20 * * *', factor: 1 } } } },
      'environments/dev.services.schedules.night.cron: is not valid. Write six fields',
    ],
  ])('%s', (_, input, environment, message) => {
    expect(environmentFaultsOf(input, environment)).toContain(message);
  });

  test('is accepted with private addresses of connected networks', () => {
    const addresses = { legacy: [{ address: '10.20.0.9' }, { address: '192.168.4.4', port: 9_000 }] };
    expect(environmentFaultsOf(withIp, { ...dev, addresses })).toBe('');
  });
});
