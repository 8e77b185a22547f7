import type { EnvironmentInput } from '../environment-schema.ts';

export const prod: EnvironmentInput = {
  name: 'prod',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  network: { cidr: '10.40.0.0/16', natGateways: 3 },
  identity: {
    kind: 'oidc',
    issuer: 'https://login.store.example',
    jwksUri: 'https://login.store.example/.well-known/jwks.json',
    audience: 'store-api',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
  },
  store: { kind: 'serverless', maxStorageGb: 50, maxEcpuPerSecond: 100_000 },
  events: { kind: 'express', brokerType: 'express.m7g.large' },
  database: { kind: 'aurora', minAcu: 2, maxAcu: 64, readers: 2 },
  payments: { kind: 'stripe', secretName: 'gatehouse/prod/stripe-key' },
  functions: {
    memoryMiB: 1_024,
    reservedConcurrency: 1_000,
    provisionedConcurrency: 20,
    webhookConcurrency: 50,
    expectedInstances: 20,
  },
  services: {
    imageTag: 'prod',
    // Minima of the seeds' current size, maxima of their autoscalers.
    tasks: { min: 2, max: 20 },
    tasksOf: {
      product: { min: 3, max: 20 },
      order: { min: 5, max: 40 },
      inventory: { min: 5, max: 50 },
      payment: { min: 3, max: 20 },
    },
  },
  externals: { carrier: 'https://api.carrier.example' },
  addressLists: { operators: ['203.0.113.0/24'] },
  edge: {
    priceClass: 'all',
    requestsPerAddress: 10_000,
    anonymousRequestsPerAddress: 500,
    managedRules: 'block',
  },
  corsOrigins: ['https://store.example', 'https://www.store.example'],
  logs: { retentionDays: 90 },
  alarms: { emails: ['on-call@store.example'] },
  data: 'retain',
};
