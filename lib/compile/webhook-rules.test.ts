import { describe, expect, test } from 'vitest';
import { catalogue } from '../config/catalogue/catalogue.ts';
import { loadConfiguration, webhookRouteKey } from '../config/index.ts';
import type { CatalogueInput } from '../config/schemas/catalogue.ts';
import { faultsOf } from '../config/testing/fixtures.ts';
import { compileWebhooks } from './webhook-settings.ts';

const withWebhook = (more: object): CatalogueInput => ({
  ...catalogue,
  webhooks: {
    ...catalogue.webhooks,
    carrier: {
      description: 'Status of parcels.',
      path: '/api/shipping/webhook',
      format: 'standard',
      topic: 'payments.webhook',
      ...more,
    },
  },
});

describe('webhook senders', () => {
  test('a catalogue entry adds a sender', () => {
    expect(faultsOf(withWebhook({}))).toBe('');
  });

  test.each([
    [
      { path: '/api/payments/webhook' },
      'catalogue.webhooks.carrier: collides with catalogue.webhooks.stripe.',
    ],
    [
      { path: '/api/orders' },
      'catalogue.webhooks.carrier: collides with catalogue.routes["POST /api/orders"].',
    ],
    [{ path: '/api/{sender}' }, 'Write the path without parameters'],
    [{ path: 'api' }, 'Write the path without parameters'],
    [{ format: 'github' }, 'catalogue.webhooks.carrier.format'],
    [{ topic: 'orders.created' }, 'payments.webhook'],
    [{ orderBy: ['data..id'] }, 'Write a path such as data.object.id.'],
    [{ toleranceSeconds: 0 }, 'Give at least 60.'],
    [{ toleranceSeconds: 3_600 }, 'Give at most 600.'],
    [{ secret: 'whsec_' }, 'catalogue.webhooks.carrier'],
  ])('refuses a sender with %j', (more, fault) => {
    expect(faultsOf(withWebhook(more))).toContain(fault);
  });

  test('compiles a sender to the settings of the webhooks function', () => {
    const { environment, sources } = compileWebhooks(loadConfiguration('prod'));
    expect(environment).toBe('prod');
    expect(sources).toEqual({
      'POST /api/payments/webhook': {
        name: 'stripe',
        format: 'stripe',
        toleranceSeconds: 300,
        orderBy: ['data.object.payment_intent', 'data.object.id'],
        topic: 'payments.webhook',
        secretId: 'gatehouse/prod/webhooks/stripe',
      },
    });
    expect(webhookRouteKey({ path: '/x' })).toBe('POST /x');
  });
});
