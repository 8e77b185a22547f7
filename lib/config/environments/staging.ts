import type { EnvironmentInput } from '../schemas/environment.ts';
import { collectorImage } from './collector-image.ts';

export const staging: EnvironmentInput = {
  name: 'staging',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  capacity: 'launch',
  network: { cidr: '10.30.0.0/16', natGateways: 2 },
  identity: {
    kind: 'oidc',
    issuer: 'https://login.staging.store.example',
    jwksUri: 'https://login.staging.store.example/.well-known/jwks.json',
    audience: 'store-api',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
  },
  limitStore: { kind: 'serverless', maxStorageGb: 5, maxEcpuPerSecond: 10_000 },
  events: { kind: 'express', brokerType: 'express.m7g.large' },
  database: { kind: 'aurora', minAcu: 0.5, maxAcu: 8, readers: 1 },
  payments: { kind: 'stripe', secretName: 'gatehouse/staging/stripe-key' },
  functions: {
    memoryMiB: 1_024,
    auth: { reservedConcurrency: 100, provisionedConcurrency: null },
    aggregation: { reservedConcurrency: 50, provisionedConcurrency: null },
    webhooks: { reservedConcurrency: 10 },
    expectedInstances: 4,
  },
  services: {
    imageTag: '2026-12-01.1',
    tasks: { min: 2, max: 4 },
    tasksByService: { inventory: { min: 3, max: 10 } },
    // Halves the tasks at night, when nobody uses staging.
    schedules: {
      evening: { cron: '0 20 * * ? *', timeZone: 'Europe/Dublin', factor: 0.5 },
      morning: { cron: '0 6 * * ? *', timeZone: 'Europe/Dublin', factor: 1 },
    },
    spotPercent: 50,
    collector: { image: collectorImage },
  },
  externals: { carrier: 'https://sandbox.carrier.example' },
  addressLists: { operators: ['203.0.113.0/24'] },
  partner: { keys: { 'acme-2026': { plan: 'basic' } } },
  edge: {
    priceClass: '100',
    requestsPerAddress: 2_000,
    anonymousRequestsPerAddress: 50,
    originSecretRotationDays: 30,
    managedRules: 'block',
    firewall: { bodyLimit: { kibibytes: 64 } },
  },
  corsOrigins: ['https://staging.store.example'],
  logs: { retentionDays: 30 },
  alarms: { runbookBaseUrl: 'https://git.store.example/platform/gatehouse/docs/runbooks' },
  data: 'retain',
};
