import type { EnvironmentInput } from '../environment-schema.ts';

export const staging: EnvironmentInput = {
  name: 'staging',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  network: { cidr: '10.30.0.0/16', natGateways: 2 },
  identity: {
    kind: 'oidc',
    issuer: 'https://login.staging.store.example',
    jwksUri: 'https://login.staging.store.example/.well-known/jwks.json',
    audience: 'store-api',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
  },
  store: { kind: 'serverless', maxStorageGb: 5, maxEcpuPerSecond: 10_000 },
  events: { kind: 'express', brokerType: 'express.m7g.large' },
  database: { kind: 'aurora', minAcu: 0.5, maxAcu: 8, readers: 1 },
  payments: { kind: 'stripe', secretName: 'gatehouse/staging/stripe-key' },
  functions: { memoryMiB: 1_024, reservedConcurrency: 100, webhookConcurrency: 10, expectedInstances: 4 },
  services: {
    imageTag: 'staging',
    tasks: { min: 2, max: 4 },
    tasksOf: { inventory: { min: 3, max: 10 } },
  },
  externals: { carrier: 'https://sandbox.carrier.example' },
  addressLists: { operators: ['203.0.113.0/24'] },
  edge: {
    priceClass: '100',
    requestsPerAddress: 2_000,
    anonymousRequestsPerAddress: 100,
    managedRules: 'block',
  },
  corsOrigins: ['https://staging.store.example'],
  logs: { retentionDays: 30 },
  alarms: {},
  data: 'retain',
};
