import type { CatalogueInput } from '../schemas/catalogue.ts';

/** Products, reviews and recommendations change rarely and are the same for every caller. */
const publicCache = { seconds: 30, staleSeconds: 600, shared: 'public' } as const;

const productId = '[a-z0-9][a-z0-9-]{0,63}';

/** User ids of any identity provider, without path separators, dot segments and invisible characters. */
const userId = String.raw`(?!\.{1,2}$)[^/\\%\p{C}]{1,256}`;

const productFields = ['id', 'brand', 'name', 'category', 'description', 'price.amount', 'price.currency'];

/** Best sellers, shown while the recommendation service is unavailable. */
const topList = {
  items: [
    { productId: 'aurora-12', name: 'Nordlys Aurora 12', reason: 'popular' },
    { productId: 'meridian-8', name: 'Castellan Meridian 8', reason: 'popular' },
    { productId: 'pico-4a', name: 'Lumen Pico 4a', reason: 'popular' },
  ],
};

/** Converts an order of the service to version 1. */
const toFirstOrder = [
  { remove: ['userId', 'delivery', 'payment', 'reason'] },
  { flatten: 'total' },
  { rename: { items: 'lines', amount: 'totalCents', createdAt: 'placedAt' } },
  { flatten: 'lines.unitPrice' },
  { rename: { 'lines.productId': 'sku', 'lines.quantity': 'count', 'lines.amount': 'unitCents' } },
  { remove: ['lines.currency'] },
];

/**
 * Compositions: answers that combine several services. To add one, add an entry here and a route that names it.
 */
export const compositions: CatalogueInput['compositions'] = {
  'product-page': {
    kind: 'merge',
    description: 'A product with its reviews, recommendations, stock and shipping rates.',
    inputs: {
      'path.id': { pattern: productId },
      'query.country': { pattern: '[A-Z]{2}', default: 'DE' },
    },
    parts: {
      product: {
        service: 'product',
        path: '/api/products/{path.id}',
        required: true,
        retries: 1,
        cache: publicCache,
        fallback: { kind: 'stale' },
        fields: productFields,
      },
      inventory: {
        service: 'inventory',
        path: '/api/inventory/{path.id}',
        timeoutSeconds: 1,
        fields: ['available'],
      },
      reviews: {
        service: 'review',
        path: '/api/products/{path.id}/reviews?limit={variant.reviews}',
        timeoutSeconds: 1,
        cache: publicCache,
        fallback: { kind: 'stale' },
        fields: ['items.id', 'items.author', 'items.rating', 'items.text', 'items.createdAt'],
      },
      recommendations: {
        service: 'recommendation',
        path: '/api/products/{path.id}/recommendations?limit={variant.recommendations}',
        timeoutSeconds: 1,
        cache: publicCache,
        fallback: { kind: 'static', value: topList },
        fields: [
          'items.productId',
          'items.name',
          'items.price.amount',
          'items.price.currency',
          'items.reason',
        ],
      },
      shipping: {
        service: 'carrier',
        // Every phone weighs less than this with its packaging.
        path: '/api/shipping/rates?country={query.country}&weight=500',
        timeoutSeconds: 2,
        cache: { seconds: 300, staleSeconds: 86_400, shared: 'public' },
        fallback: { kind: 'stale' },
        mapping: [{ rename: { rates: 'options' } }, { flatten: 'options.price' }],
        fields: [
          'country',
          'options.service',
          'options.amount',
          'options.currency',
          'options.days.min',
          'options.days.max',
        ],
      },
      cart: {
        service: 'user',
        path: '/api/users/{identity.userId}/cart',
        timeoutSeconds: 1,
        fields: ['count'],
      },
      orders: {
        service: 'order',
        path: '/api/orders?user={identity.userId}&limit={variant.orders}',
        timeoutSeconds: 1,
        fields: ['items.id', 'items.status', 'items.total.amount', 'items.total.currency', 'items.createdAt'],
      },
    },
    variants: {
      web: { parameters: { reviews: '5', recommendations: '6', orders: '3' } },
      mobile: {
        without: ['orders', 'shipping'],
        fields: [
          'product.id',
          'product.brand',
          'product.name',
          'product.price',
          'inventory',
          'reviews.items.rating',
          'recommendations.items.productId',
          'recommendations.items.name',
          'cart',
        ],
        parameters: { reviews: '2', recommendations: '3', orders: '1' },
      },
      tv: {
        without: ['cart', 'orders', 'shipping'],
        parameters: { reviews: '3', recommendations: '12', orders: '1' },
      },
    },
  },

  'user-page': {
    kind: 'merge',
    description: 'A profile, with orders and reviews of the user on request.',
    inputs: { 'path.id': { pattern: userId } },
    parts: {
      profile: {
        service: 'user',
        path: '/api/users/{path.id}',
        at: '',
        required: true,
        timeoutSeconds: 5,
        fields: ['id', 'displayName', 'email', 'locale'],
      },
      orders: {
        service: 'order',
        path: '/api/orders?user={path.id}&limit=10',
        onDemand: true,
        fields: [
          'items.id',
          'items.status',
          'items.items',
          'items.total.amount',
          'items.total.currency',
          'items.createdAt',
        ],
      },
      reviews: {
        service: 'review',
        path: '/api/users/{path.id}/reviews?limit=10',
        onDemand: true,
        fields: ['items.id', 'items.productId', 'items.rating', 'items.text', 'items.createdAt'],
      },
    },
  },

  'wish-list': {
    kind: 'merge',
    description: "The caller's wish list with the product of each entry.",
    parts: {
      owner: {
        service: 'user',
        path: '/api/users/{identity.userId}',
        fields: ['displayName', 'locale'],
      },
      list: {
        service: 'user',
        path: '/api/users/{identity.userId}/wishlist',
        at: '',
        required: true,
        timeoutSeconds: 3,
        fields: ['userId'],
      },
      products: {
        service: 'product',
        path: '/api/products/{each.productId}',
        each: { of: 'parts.list.items', atMost: 20, as: 'product' },
        at: 'items',
        cache: publicCache,
        fallback: { kind: 'stale' },
        fields: ['productId', 'addedAt', ...productFields.map((field) => `product.${field}`)],
      },
    },
  },

  reads: {
    kind: 'batch',
    description: 'Up to twenty reads in one call, each with its own status.',
    reads: [
      'GET /api/products',
      'GET /api/products/{id}',
      'GET /api/products/{id}/recommendations',
      'GET /api/products/{id}/reviews',
      'GET /v1/products/{id}',
      'GET /v2/products/{id}',
    ],
  },

  'order-v1': {
    kind: 'plain',
    description: 'An order in the format of version 1.',
    parts: {
      order: {
        service: 'order',
        path: '/v2/orders/{path.id}',
        required: true,
        timeoutSeconds: 5,
        mapping: toFirstOrder,
      },
    },
  },

  'new-order-v1': {
    kind: 'plain',
    description: 'Places an order; request and answer are in the format of version 1.',
    parts: {
      order: {
        service: 'order',
        method: 'POST',
        path: '/v2/orders',
        required: true,
        timeoutSeconds: 5,
        send: [
          { rename: { lines: 'items' } },
          { rename: { 'items.sku': 'productId', 'items.count': 'quantity' } },
        ],
        mapping: toFirstOrder,
      },
    },
  },
};
