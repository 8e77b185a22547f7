import type { CatalogueInput } from '../schemas/catalogue.ts';
import { compositions } from './compositions.ts';
import { partnerRoutes } from './partner-routes.ts';
import { topics } from './topics.ts';

/**
 * Products change rarely: fresh for a minute, served stale for five more while the edge revalidates, and for an hour on
 * errors.
 */
const productCache = { seconds: 60, staleWhileRevalidateSeconds: 300, staleIfErrorSeconds: 3_600 };

/** Public reads, cached at the edge and limited by address. */
const catalogueRead = {
  service: 'product',
  access: 'anonymous',
  limit: 'anonymous',
  cache: productCache,
} as const;

/** Version 1 is deprecated; callers have half a year to move to version 2. */
const firstVersion = {
  since: '2026-11-01',
  sunset: '2027-05-01',
  link: 'https://developers.store.example/versions',
};

/** A wrong answer about stock costs money, so calls are refused while the limit store is unavailable. */
const stock = { service: 'inventory', limit: 'inventory', onLimitStoreFailure: 'closed' } as const;

/** Revocations are kept in the limit store, so calls are refused while it is unavailable. */
const revoking = {
  service: 'revocation',
  access: 'authenticated',
  limit: 'user',
  onLimitStoreFailure: 'closed',
} as const;

/**
 * The catalogue: every service, limit, plan and route of the shop, with `compositions.ts` for answers that combine
 * several services and `partner-routes.ts` for the partner API. To add an endpoint, add one entry to `routes`;
 * templates, policy, dashboards and the local run follow from it.
 */
export const catalogue: CatalogueInput = {
  services: {
    product: {
      kind: 'fargate',
      role: 'product',
      description: 'Products with their prices and pictures.',
      database: true,
    },
    user: {
      kind: 'fargate',
      role: 'user',
      description: 'Profiles of signed-in users.',
      database: true,
    },
    order: {
      kind: 'fargate',
      role: 'order',
      description: 'Orders from placement to delivery.',
      // A few customers get new versions first: those in the cohort `canary` of the runtime policy.
      canary: {},
      produces: ['orders.created', 'orders.confirmed', 'orders.failed'],
      consumes: ['orders.payment_succeeded', 'orders.payment_failed'],
      calls: ['product', 'inventory', 'payment'],
      database: true,
      cpu: 512,
      memoryMiB: 1024,
    },
    inventory: {
      kind: 'fargate',
      role: 'inventory',
      description: 'Stock and its reservations.',
      produces: ['inventory.updated'],
      database: true,
      limitStore: true,
      cpu: 512,
      memoryMiB: 1024,
    },
    payment: {
      kind: 'fargate',
      role: 'payment',
      description: 'Payments of orders.',
      produces: ['orders.payment_succeeded', 'orders.payment_failed'],
      consumes: ['payments.webhook'],
      database: true,
    },
    review: {
      kind: 'fargate',
      role: 'review',
      description: 'Customer reviews of products.',
      database: true,
    },
    recommendation: {
      kind: 'fargate',
      role: 'recommendation',
      description: 'Recommendations of similar products.',
      balancing: 'least_outstanding_requests',
    },
    carrier: { kind: 'external', description: 'Shipping rates of the parcel carrier.' },
    revocation: { kind: 'function', description: 'Revokes tokens before they expire.' },
  },

  limits: {
    anonymous: { by: 'address', requests: 50, burst: 10 },
    user: { by: 'user', requests: 1_000, burst: 50 },
    inventory: { by: 'user', requests: 100, burst: 5 },
    /** Each page calls about six services. */
    pages: { by: 'user', requests: 300, burst: 40 },
  },

  plans: {
    free: {
      requestsPerMonth: 10_000,
      bytesPerMonth: 1_000_000_000,
      rate: { requests: 600, burst: 60 },
    },
    basic: {
      requestsPerMonth: 100_000,
      bytesPerMonth: 10_000_000_000,
      rate: { requests: 1_200, burst: 120 },
    },
    pro: {
      requestsPerMonth: 1_000_000,
      bytesPerMonth: 100_000_000_000,
      rate: { requests: 6_000, burst: 600 },
    },
    enterprise: {
      requestsPerMonth: null,
      bytesPerMonth: null,
      rate: { requests: 30_000, burst: 3_000 },
    },
  },
  defaultPlan: 'free',

  routes: {
    'GET /api/products': catalogueRead,
    'GET /api/products/{id}': catalogueRead,
    'GET /api/products/{id}/recommendations': { ...catalogueRead, service: 'recommendation' },
    'GET /api/products/{id}/reviews': { ...catalogueRead, service: 'review' },

    'GET /api/users/{id}': { composition: 'user-page', access: 'users:read', limit: 'user', head: true },
    'PUT /api/users/{id}': { service: 'user', access: 'users:write', limit: 'user' },

    // Opinions on a product: those of customers, or with `?of=shop` those of the shop.
    'GET /api/opinions/{id}': {
      service: 'review',
      access: 'anonymous',
      limit: 'anonymous',
      rewrite: '/api/products/{id}/reviews',
      variants: [
        {
          when: { query: { name: 'of', value: 'shop' } },
          service: 'recommendation',
          rewrite: '/api/products/{id}/recommendations',
        },
      ],
      requestHeaders: { set: { 'x-source-route': 'opinions' }, remove: ['cookie'] },
      responseHeaders: { set: { 'x-robots-tag': 'noindex' }, remove: ['server'] },
    },

    'GET /api/orders': { service: 'order', access: 'orders:read', limit: 'user' },
    'POST /api/orders': {
      service: 'order',
      access: 'orders:write',
      limit: 'user',
      // The write capacity of the database; the peak on launch day is a tenth of it.
      throttle: { requestsPerSecond: 1_000, burst: 2_000 },
    },
    'GET /api/orders/{id}': { service: 'order', access: 'orders:read', limit: 'user' },

    'GET /api/inventory/{id}': { ...stock, access: 'inventory:read' },
    'POST /api/inventory/{id}/reservations': { ...stock, access: 'inventory:write' },
    'DELETE /api/inventory/{id}/reservations/{reservation}': { ...stock, access: 'inventory:write' },
    // Suppliers' systems call this route, and what they send changes the stock.
    'POST /api/inventory/{id}/deliveries': { ...stock, access: 'inventory:deliver', signature: 'required' },

    'GET /api/payments/{id}': { service: 'payment', access: 'payments:read', limit: 'user' },
    'POST /api/payments/{id}/confirm': { service: 'payment', access: 'payments:write', limit: 'user' },

    // Routes that combine the answers of several services.
    'GET /api/product-details/{id}': {
      composition: 'product-page',
      access: 'optional',
      limit: 'pages',
      timeoutSeconds: 5,
      head: true,
    },
    'GET /api/wishlist': {
      composition: 'wish-list',
      access: 'authenticated',
      limit: 'pages',
      head: true,
    },
    'POST /api/batch': {
      composition: 'reads',
      access: 'authenticated',
      limit: 'user',
      // Twenty times the cost of one read: a batch has up to twenty reads.
      cost: 20,
    },

    'GET /api/shipping/rates': {
      service: 'carrier',
      access: 'authenticated',
      limit: 'user',
      timeoutSeconds: 5,
    },

    'PUT /api/admin/products/{id}': {
      service: 'product',
      access: 'products:write',
      limit: 'user',
      addresses: 'operators',
    },

    'POST /auth/revoke': revoking,
    'POST /auth/logout': revoking,

    // One resource in two versions; the edge maps `X-API-Version` on /products/{id} to one of them.
    'GET /v1/products/{id}': { ...catalogueRead, deprecated: firstVersion },
    'GET /v2/products/{id}': catalogueRead,

    // The order service supports version 2 only; a composition converts requests and answers of version 1.
    'GET /v1/orders/{id}': {
      composition: 'order-v1',
      access: 'orders:read',
      limit: 'user',
      head: true,
      deprecated: firstVersion,
    },
    'POST /v1/orders': {
      composition: 'new-order-v1',
      access: 'orders:write',
      limit: 'user',
      deprecated: firstVersion,
    },
    'GET /v2/orders/{id}': { service: 'order', access: 'orders:read', limit: 'user' },
    'POST /v2/orders': { service: 'order', access: 'orders:write', limit: 'user' },
  },

  partnerRoutes,

  compositions,

  topics,

  webhooks: {
    stripe: {
      description: 'Stripe: status of payments, refunds and disputes.',
      path: '/api/payments/webhook',
      format: 'stripe',
      topic: 'payments.webhook',
      // Charges, refunds and disputes name the payment that they belong to.
      orderBy: ['data.object.payment_intent', 'data.object.id'],
    },
  },

  healthPath: '/health',
};
