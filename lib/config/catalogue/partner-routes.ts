import type { CatalogueInput } from '../schemas/catalogue.ts';

/** What partners' systems may ask for with a key of their own: the products and their stock. */
export const partnerRoutes: NonNullable<CatalogueInput['partnerRoutes']> = {
  'GET /partner/products': { service: 'product', path: '/api/products' },
  'GET /partner/products/{id}': { service: 'product', path: '/v2/products/{id}' },
  'GET /partner/inventory/{id}': { service: 'inventory', path: '/api/inventory/{id}' },
  'POST /partner/inventory/{id}/reservations': {
    service: 'inventory',
    path: '/api/inventory/{id}/reservations',
    // A partner's system that repeats a call must not take the stock twice.
    requiredHeaders: ['Idempotency-Key'],
    body: {
      type: 'object',
      properties: { quantity: { type: 'integer', minimum: 1, maximum: 99 } },
      required: ['quantity'],
      additionalProperties: false,
    },
  },
  'DELETE /partner/inventory/{id}/reservations/{reservation}': {
    service: 'inventory',
    path: '/api/inventory/{id}/reservations/{reservation}',
  },
};
