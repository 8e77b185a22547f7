import { describe, expect, it } from 'vitest';
import { catalogue as storeCatalogue } from '../catalogue/catalogue.ts';
import { dev } from '../environments/dev.ts';
import { prod } from '../environments/prod.ts';
import { ConfigError, checkConfiguration, loadCatalogue } from '../index.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import type { EnvironmentInput } from '../schemas/environment.ts';
import { faultsOf } from '../testing/fixtures.ts';

const fargate = { kind: 'fargate', role: 'product', description: 'A service.' };
const ip = { kind: 'ip', description: 'Servers.' };

/** The store with a service as a person might write it, with mistakes that the compiler would have caught. */
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

describe('a service is refused', () => {
  it.each<[string, object, string]>([
    [
      'that starts slowly without round robin',
      { ...fargate, slowStartSeconds: 30, balancing: 'weighted_random' },
      'catalogue.services.extra.slowStartSeconds: does not go with weighted_random.',
    ],
    [
      'that starts more slowly than a load balancer can',
      { ...fargate, slowStartSeconds: 901 },
      'catalogue.services.extra.slowStartSeconds: is more than 900.',
    ],
    [
      'that keeps its callers for more than a week',
      { ...ip, stickiness: { seconds: 604_801 } },
      'catalogue.services.extra.stickiness.seconds: is more than 604800.',
    ],
    [
      'with memory that Fargate does not sell with its units',
      { ...fargate, cpu: 1024, memoryMiB: 1_024 },
      'catalogue.services.extra.memoryMiB: is not sold with 1024 units. Give 2048 to 8192 MiB',
    ],
    [
      'whose canary deployment takes longer than CloudFormation waits',
      { ...fargate, deployment: { kind: 'canary', stepBakeMinutes: 1_440, bakeMinutes: 541 } },
      'catalogue.services.extra.deployment: takes 1981 minutes; CloudFormation allows 1980.',
    ],
    [
      'whose bake time is longer than a day',
      { ...fargate, deployment: { kind: 'blueGreen', bakeMinutes: 1_441 } },
      'catalogue.services.extra.deployment.bakeMinutes: is more than 1440.',
    ],
    [
      'whose deployment is of no kind',
      { ...fargate, deployment: { kind: 'linear' } },
      'catalogue.services.extra.deployment.kind: ',
    ],
    [
      'whose secret would be a path out of the environment',
      { ...fargate, secrets: { DATABASE_URL: '../prod/orders' } },
      'catalogue.services.extra.secrets.DATABASE_URL: is not valid. Name a secret in lower-case letters',
    ],
  ])('%s', (_, extra, message) => {
    expect(faultsOf(withServices({ extra }))).toContain(message);
  });

  it('that has the name of another one’s canary', () => {
    expect(faultsOf(withServices({ 'order-canary': fargate }))).toContain(
      'catalogue.services["order-canary"]: has the name of the canary deployment of "order".',
    );
  });

  it('that keeps its callers by a cookie which the edge would give to everybody', () => {
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
      "catalogue.services.extra.stickiness: would hand one caller's cookie to others",
    );
  });

  it('by no rule when nothing is wrong with it', () => {
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

describe('an environment is refused', () => {
  const withIp = withServices({ legacy: ip });
  it.each<[string, CatalogueInput, EnvironmentInput, string]>([
    [
      'that does not say where servers are',
      withIp,
      dev,
      'environments/dev.addresses.legacy: is missing, and the service "legacy" needs it.',
    ],
    [
      'that says it of no such service',
      storeCatalogue,
      { ...dev, addresses: { legacy: [{ address: '10.20.0.9' }] } },
      'environments/dev.addresses.legacy: is no service of kind "ip".',
    ],
    [
      'that names a public address as a target',
      withIp,
      { ...dev, addresses: { legacy: [{ address: '203.0.113.7' }] } },
      'environments/dev.addresses.legacy: has 203.0.113.7, which is no private address',
    ],
    [
      'that tags a canary which is not there',
      storeCatalogue,
      { ...dev, services: { ...dev.services, canaryImageTags: { product: 'next' } } },
      'environments/dev.services.canaryImageTags.product: is no service with a canary deployment.',
    ],
    [
      'whose collector leaves a service less than half',
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
      'whose collector may change by itself',
      storeCatalogue,
      { ...dev, services: { ...dev.services, collector: { image: 'collector:v1.2.3' } } },
      'environments/dev.services.collector.image: is not valid. Pin the image',
    ],
    [
      'that would run prod on Spot',
      storeCatalogue,
      { ...prod, services: { ...prod.services, spotPercent: 10 } },
      'environments/prod.services.spotPercent: would let AWS take tasks away in prod.',
    ],
    [
      'that would open shells in prod',
      storeCatalogue,
      { ...prod, services: { ...prod.services, exec: true } },
      'environments/prod.services.exec: would open shells in prod.',
    ],
    [
      'whose schedule is no cron expression',
      storeCatalogue,
      { ...dev, services: { ...dev.services, schedules: { night: { cron: '0 20 * * *', factor: 1 } } } },
      'environments/dev.services.schedules.night.cron: is not valid. Write six fields',
    ],
  ])('%s', (_, input, environment, message) => {
    expect(environmentFaultsOf(input, environment)).toContain(message);
  });

  it('by no rule for private addresses of any network that is connected', () => {
    const addresses = { legacy: [{ address: '10.20.0.9' }, { address: '192.168.4.4', port: 9_000 }] };
    expect(environmentFaultsOf(withIp, { ...dev, addresses })).toBe('');
  });
});
