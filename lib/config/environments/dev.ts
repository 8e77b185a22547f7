import type { EnvironmentInput } from '../schemas/environment.ts';

const unreservedConcurrency = { reservedConcurrency: null, provisionedConcurrency: null };

export const dev: EnvironmentInput = {
  name: 'dev',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  capacity: 'launch',
  network: { cidr: '10.20.0.0/16', natGateways: 1, endpointZones: 0 },
  identity: {
    kind: 'oidc',
    issuer: 'https://login.dev.store.example',
    jwksUri: 'https://login.dev.store.example/.well-known/jwks.json',
    audience: 'store-api',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
  },
  limitStore: { kind: 'serverless', maxStorageGb: 1, maxEcpuPerSecond: 1_000 },
  // About 67 USD a month; MSK Serverless costs at least 550 USD (docs/adr/0015-brokers.md).
  events: {
    kind: 'standard',
    brokerType: 'kafka.t3.small',
    // A third broker costs 34 USD a month (docs/adr/0044-brokers-in-two-zones.md).
    zones: 2,
    brokers: 2,
    storageGb: 10,
    maxStorageGb: 100,
    // Provisioned pollers would cost more than the brokers (docs/adr/0038-pollers-and-connections.md).
    pollers: 'on-demand',
  },
  database: { kind: 'aurora', minAcu: 0.5, maxAcu: 2, readers: 0 },
  // Minimum sizes: dev has no customers.
  functions: {
    memoryMiB: 512,
    auth: unreservedConcurrency,
    aggregation: unreservedConcurrency,
    webhooks: unreservedConcurrency,
    expectedInstances: 1,
  },
  services: { imageTag: '2026-12-01.1', tasks: { min: 1, max: 2 }, spotPercent: 100 },
  externals: { carrier: 'https://sandbox.carrier.example' },
  addressLists: { operators: ['203.0.113.0/24'] },
  partner: { keys: { 'acme-2026': { plan: 'free' } } },
  edge: {
    priceClass: '100',
    requestsPerAddress: 2_000,
    anonymousRequestsPerAddress: 50,
    managedRules: 'count',
    firewall: { bodyLimit: { kibibytes: 64 } },
    static: { pathPrefixes: ['/assets/'] },
  },
  corsOrigins: ['https://dev.store.example', 'http://localhost:3000'],
  logs: { retentionDays: 7 },
  alarms: { runbookBaseUrl: 'https://git.store.example/platform/gatehouse/docs/runbooks' },
  data: 'destroy',
};
