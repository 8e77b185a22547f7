import type { EnvironmentInput } from '../schemas/environment.ts';
import { collectorImage } from './collector-image.ts';

export const prod: EnvironmentInput = {
  name: 'prod',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  capacity: 'launch',
  network: { cidr: '10.40.0.0/16', natGateways: 3 },
  identity: {
    kind: 'oidc',
    issuer: 'https://login.store.example',
    jwksUri: 'https://login.store.example/.well-known/jwks.json',
    audience: 'store-api',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
  },
  limitStore: { kind: 'serverless' },
  events: { kind: 'express', brokerType: 'express.m7g.large' },
  database: { kind: 'aurora' },
  payments: { kind: 'stripe', secretName: 'gatehouse/prod/stripe-key' },
  functions: {
    // 1 024 MiB give 0.58 vCPU: the authorizer's cold start takes 121 ms instead of 70 ms, a new token 0.17 ms instead
    // of 0.1 ms (docs/operations.md, "Memory of the functions").
    memoryMiB: 1_024,
    // Doubles the provisioned instances before the evening peak; scaling on utilisation alone would follow minutes
    // late.
    schedules: {
      evening: { cron: '30 16 * * ? *', timeZone: 'Europe/Dublin', factor: 2 },
      night: { cron: '0 23 * * ? *', timeZone: 'Europe/Dublin', factor: 1 },
    },
  },
  services: {
    imageTag: '2026-12-01.1',
    collector: { image: collectorImage },
  },
  externals: { carrier: 'https://api.carrier.example' },
  addressLists: { operators: ['203.0.113.0/24'] },
  partner: { keys: { 'acme-2026': { plan: 'pro' } } },
  edge: {
    priceClass: 'all',
    requestsPerAddress: 10_000,
    anonymousRequestsPerAddress: 50,
    originSecretRotationDays: 30,
    managedRules: 'block',
    firewall: {
      bodyLimit: { kibibytes: 64 },
      antiDdos: true,
    },
    static: { pathPrefixes: ['/assets/'] },
  },
  corsOrigins: ['https://store.example', 'https://www.store.example'],
  logs: { retentionDays: 90 },
  alarms: {
    emails: ['platform@store.example'],
    criticalEmails: ['on-call@store.example'],
    expectsTraffic: true,
    runbookBaseUrl: 'https://git.store.example/platform/gatehouse/docs/runbooks',
  },
  data: 'retain',
};
