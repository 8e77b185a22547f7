import { describe, expect, test } from 'vitest';
import { catalogue } from './catalogue/catalogue.ts';
import { dev } from './environments/dev.ts';
import { checkConfiguration, loadCatalogue } from './index.ts';
import { environmentFaultsOf, faultsOf } from './testing/fixtures.ts';

const order = { kind: 'fargate', role: 'order', description: 'Orders.' } as const;

describe('calls of a service', () => {
  test.each([
    [['order'], 'catalogue.services.order.calls: names the service itself.'],
    [['nobody'], 'catalogue.services.order.calls: names "nobody", which is not of kind "fargate".'],
    [['carrier'], 'catalogue.services.order.calls: names "carrier", which is not of kind "fargate".'],
  ])('refuses %j', (calls, fault) => {
    const services = { ...catalogue.services, order: { ...order, calls } };
    expect(faultsOf({ ...catalogue, services })).toContain(fault);
  });
});

describe('database of an environment', () => {
  const aurora = { kind: 'aurora', minAcu: 0.5, maxAcu: 4, readers: 1 };

  test.each([
    [aurora],
    [{ kind: 'aurora' }],
    [{ kind: 'existing', url: 'postgresql://store@db.internal:5432/store' }],
    [{ kind: 'existing', url: 'postgresql://store:secret@127.0.0.1:5432/store' }],
  ])('accepts %j', (database) => {
    expect(environmentFaultsOf({ database })).toBe('');
  });

  test.each([
    [{ ...aurora, minAcu: 8 }, 'minAcu must not exceed maxAcu.'],
    [{ kind: 'aurora', minAcu: 32 }, 'has minAcu 32 and maxAcu 16'],
    [{ ...aurora, minAcu: 0 }, 'Give at least 0.5'],
    [{ ...aurora, maxAcu: 300 }, 'Give at most 256, the maximum of Aurora Serverless v2.'],
    [{ ...aurora, minAcu: 0.7 }, 'Give a multiple of 0.5.'],
    [{ ...aurora, readers: 16 }, 'Give at most 15 readers, the maximum of Aurora.'],
    [{ kind: 'existing', url: 'mysql://db.internal/store' }, 'Give a URL such as postgresql://'],
    [{ kind: 'existing', url: 'postgresql://a:secret@db.internal/store' }, 'Remove the password'],
  ])('refuses %j', (database, fault) => {
    expect(environmentFaultsOf({ database })).toContain(fault);
  });

  test('the payment provider is simulated, or Stripe with the name of a secret', () => {
    expect(checkConfiguration(loadCatalogue(), dev).environment.payments).toEqual({ kind: 'fake' });
    expect(environmentFaultsOf({ payments: { kind: 'stripe', secretName: 'x' } })).toBe('');
    expect(
      environmentFaultsOf({
        payments: { kind: 'stripe', secretName: 'x', baseUrl: 'http://stripe.example' },
      }),
    ).toContain('Use https');
  });
});
