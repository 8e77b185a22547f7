import type { EnvironmentInput } from '../schemas/environment.ts';

const unreservedConcurrency = { reservedConcurrency: null, provisionedConcurrency: null };

/** The local run, which overrides the addresses with those of the processes that it starts. */
export const local: EnvironmentInput = {
  name: 'local',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  capacity: 'launch',
  network: { cidr: '10.10.0.0/16', natGateways: 1 },
  identity: {
    kind: 'oidc',
    issuer: 'http://localhost:8081',
    jwksUri: 'http://localhost:8081/jwks.json',
    audience: 'store-api',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
  },
  limitStore: { kind: 'existing', url: 'redis://127.0.0.1:6379' },
  events: { kind: 'existing', url: 'file:.gatehouse/events' },
  database: { kind: 'existing', url: 'postgresql://gatehouse@127.0.0.1:5432/gatehouse' },
  functions: {
    memoryMiB: 512,
    auth: unreservedConcurrency,
    aggregation: unreservedConcurrency,
    webhooks: unreservedConcurrency,
    expectedInstances: 1,
  },
  services: { imageTag: 'local', tasks: { min: 1, max: 1 } },
  externals: { carrier: 'http://127.0.0.1:8082' },
  // Other addresses of 127.0.0.0/8 reach this machine too, so a test can use them as other callers.
  addressLists: { operators: ['127.0.0.1/32', '::1/128'], banned: ['127.66.0.0/16'] },
  partner: { keys: { demo: { plan: 'pro' }, trial: { plan: 'free' } } },
  edge: {
    priceClass: '100',
    requestsPerAddress: 100_000,
    anonymousRequestsPerAddress: 20_000,
    managedRules: 'count',
    signInRequestsPerAddress: 20_000,
    firewall: {
      block: ['banned'],
      bodyLimit: { kibibytes: 64 },
    },
    static: { pathPrefixes: ['/assets/'] },
  },
  corsOrigins: ['http://localhost:3000'],
  logs: { retentionDays: 1 },
  alarms: {},
  data: 'destroy',
};
