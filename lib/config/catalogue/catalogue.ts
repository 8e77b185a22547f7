import type { CatalogueInput } from '../schemas/catalogue.ts';
import { compositions } from './compositions.ts';
import { partnerRoutes } from './partner-routes.ts';
import { topics } from './topics.ts';

/** Products change rarely: a minute fresh, five more while the edge asks anew, an hour when the shop is down. */
const productCache = { seconds: 60, staleWhileRevalidateSeconds: 300, staleIfErrorSeconds: 3_600 };

/** What anybody may read, cached at the edge and limited by address. */
const catalogueRead = {
  service: 'product',
  access: 'anonymous',
  limit: 'anonymous',
  cache: productCache,
} as const;

/** Half a year to move to the second one. */
const firstVersion = {
  since: '2026-11-01',
  sunset: '2027-05-01',
  link: 'https://developers.store.example/versions',
};

/** Stock moves money: refused rather than guessed while the store is away. */
const stock = { service: 'inventory', limit: 'inventory', onLimitStoreFailure: 'closed' } as const;

/** Useless without the store, which remembers what was revoked. */
const revoking = {
  service: 'revocation',
  access: 'authenticated',
  limit: 'user',
  onLimitStoreFailure: 'closed',
} as const;

/**
 * The one place where a service, a limit, a plan or a route of the store is declared, with `compositions.ts` for the
 * answers made of several services and `partner-routes.ts` for the partner API. Adding an endpoint is one
 * entry of `routes`; templates, policy, dashboards and the local run follow from it.
 */
export const catalogue: CatalogueInput = {
  services: {
    product: {
      kind: 'fargate',
      role: 'product',
      description: 'The products, their prices and pictures.',
      database: true,
    },
    user: {
      kind: 'fargate',
      role: 'user',
      description: 'Profiles of the signed-in users.',
      database: true,
    },
    order: {
      kind: 'fargate',
      role: 'order',
      description: 'Orders from placement to delivery.',
      // New versions see a few of the customers first: the runtime policy's `cohorts` say whom.
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
      description: 'Payments of the orders.',
      produces: ['orders.payment_succeeded', 'orders.payment_failed'],
      consumes: ['payments.webhook'],
      database: true,
    },
    review: {
      kind: 'fargate',
      role: 'review',
      description: 'What customers say of a product.',
      database: true,
    },
    recommendation: {
      kind: 'fargate',
      role: 'recommendation',
      description: 'What else to look at beside a product.',
      balancing: 'least_outstanding_requests',
    },
    carrier: { kind: 'external', description: "The parcel carrier's own rates." },
    revocation: { kind: 'function', description: 'Takes tokens back before they expire.' },
  },

  limits: {
    anonymous: { by: 'address', requests: 50, burst: 10 },
    user: { by: 'user', requests: 1_000, burst: 50 },
    inventory: { by: 'user', requests: 100, burst: 5 },
    /** Each asks for half a dozen services. */
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

    // What others think of a product: the customers, or with `?of=shop` the shop itself.
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
      // What the database takes of writes; the launch day's peak is a tenth of it.
      throttle: { requestsPerSecond: 1_000, burst: 2_000 },
    },
    'GET /api/orders/{id}': { service: 'order', access: 'orders:read', limit: 'user' },

    'GET /api/inventory/{id}': { ...stock, access: 'inventory:read' },
    'POST /api/inventory/{id}/reservations': { ...stock, access: 'inventory:write' },
    'DELETE /api/inventory/{id}/reservations/{reservation}': { ...stock, access: 'inventory:write' },
    // Suppliers' systems call this by themselves, and what they say becomes stock.
    'POST /api/inventory/{id}/deliveries': { ...stock, access: 'inventory:deliver', signature: 'required' },

    'GET /api/payments/{id}': { service: 'payment', access: 'payments:read', limit: 'user' },
    'POST /api/payments/{id}/confirm': { service: 'payment', access: 'payments:write', limit: 'user' },

    // Made of several services' answers.
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
      // As much as its reads would be counted.
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

    // The same resource in two shapes; the edge turns `X-API-Version` on /products/{id} into one of them.
    'GET /v1/products/{id}': { ...catalogueRead, deprecated: firstVersion },
    'GET /v2/products/{id}': catalogueRead,

    // The order service knows the second shape only; the first is made of it, there and back.
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
      description: 'Stripe, of payments and what becomes of them.',
      path: '/api/payments/webhook',
      format: 'stripe',
      topic: 'payments.webhook',
      // Charges, refunds and disputes name the payment that they belong to.
      orderBy: ['data.object.payment_intent', 'data.object.id'],
    },
  },

  healthPath: '/health',
};
