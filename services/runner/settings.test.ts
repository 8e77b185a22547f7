import { describe, expect, test } from 'vitest';
import { readSettings } from './settings.ts';

const least = { ROLE: 'order', EVENT_LOG_URL: 'stdout:' };

describe('the settings of a task', () => {
  test('are read from its environment, with defaults', () => {
    expect(readSettings(least)).toEqual({
      role: 'order',
      port: 8080,
      eventLogUrl: 'stdout:',
      environment: 'local',
      serviceName: 'order',
      database: null,
      databaseOwner: null,
      databaseIsGlobal: false,
      limitStore: null,
      serviceUrls: {},
      maxUnitsPerOwner: 1_000,
      paymentProvider: { kind: 'fake' },
      tracing: null,
    });
    expect(readSettings({ ...least, PORT: '9000', SERVICE_NAME: 'orders' })).toMatchObject({
      port: 9000,
      serviceName: 'orders',
    });
  });

  test('include the services that it calls, its database and its payment provider', () => {
    const settings = readSettings({
      ...least,
      PRODUCT_URL: 'http://product:8080',
      HOME_URL: 'http://elsewhere',
      DATABASE_URL: 'postgresql://a@b/c',
      STRIPE_SECRET_KEY: 'sk_live_1',
    });
    expect(settings).toMatchObject({
      serviceUrls: { product: 'http://product:8080' },
      database: { kind: 'url' },
      paymentProvider: { kind: 'stripe', baseUrl: 'https://api.stripe.com', secretKey: 'sk_live_1' },
    });
    expect(settings.serviceUrls).not.toHaveProperty('home');
  });

  test('include a collector and the sampling ratio', () => {
    const endpoint = 'http://127.0.0.1:4318';
    const collected = { ...least, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    expect(readSettings(collected).tracing).toEqual({ endpoint, sampledRatio: 1 });
    expect(readSettings({ ...collected, OTEL_TRACES_SAMPLER_ARG: '0.05' }).tracing).toEqual({
      endpoint,
      sampledRatio: 0.05,
    });
  });

  test.each([
    [{ ROLE: 'cook' }, 'ROLE: Give one of'],
    [{ ROLE: undefined }, 'ROLE: Give one of'],
    [{ PORT: 'http' }, 'PORT: Give a TCP port.'],
    [{ PORT: '65536' }, 'PORT: Give a TCP port.'],
    [
      { EVENT_LOG_URL: undefined },
      'EVENT_LOG_URL: Give file:<folder>, stdout:, kafka://<host>:<port> or msk:<cluster ARN>.',
    ],
    [{ SERVICE_NAME: '' }, 'SERVICE_NAME: Give a name'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://x' }, 'OTEL_EXPORTER_OTLP_ENDPOINT: Give the URL of a collector'],
    [{ OTEL_TRACES_SAMPLER_ARG: '5' }, 'OTEL_TRACES_SAMPLER_ARG: Give a number from 0 to 1.'],
    [{ STRIPE_SECRET_KEY: '' }, 'STRIPE_SECRET_KEY: Give the key'],
    [{ DATABASE_URL: 'redis://x' }, 'DATABASE_URL is not the URL of a PostgreSQL database'],
  ])('refuse %j and name the variable', (fault, message) => {
    expect(() => readSettings({ ...least, ...fault })).toThrow(message);
  });
});
