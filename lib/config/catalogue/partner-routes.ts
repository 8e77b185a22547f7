import type { CatalogueInput } from '../schemas/catalogue.ts';

/** Routes of the partner API, for systems of partners with an API key: products and stock. */
export const partnerRoutes: NonNullable<CatalogueInput['partnerRoutes']> = {
  'GET /partner/products': { service: 'product', path: '/api/products' },
  'GET /partner/products/{id}': { service: 'product', path: '/v2/products/{id}' },
  'GET /partner/inventory/{id}': { service: 'inventory', path: '/api/inventory/{id}' },
  'POST /partner/inventory/{id}/reservations': {
    service: 'inventory',
    path: '/api/inventory/{id}/reservations',
    // A repeated call must not reserve the stock twice.
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
