import type { Order } from '../order/order.ts';
import type { Payment } from '../payment/payment.ts';
import type { ReviewWithAuthor } from '../review/review.ts';
import type { CartsAndWishlists, User } from '../user/user.ts';

/** Two customers, so that a local run shows that each sees only their own data. */
export const seedUsers: readonly User[] = [
  { id: 'alice', displayName: 'Alice Moreau', email: 'alice@example.com', locale: 'fr-FR' },
  { id: 'bob', displayName: 'Bob Lindqvist', email: 'bob@example.com', locale: 'sv-SE' },
];

export const seedCartsAndWishlists: CartsAndWishlists = {
  carts: {
    alice: [
      { productId: 'pico-4a', quantity: 2 },
      { productId: 'fjord-mini', quantity: 1 },
    ],
  },
  wishLists: {
    alice: [
      { productId: 'aurora-12-max', addedAt: '2026-11-02T18:20:00.000Z' },
      { productId: 'origami-fold-3', addedAt: '2026-11-09T07:05:00.000Z' },
      // No longer sold: wish lists keep products that have left the catalogue.
      { productId: 'aurora-9', addedAt: '2025-12-24T20:00:00.000Z' },
    ],
    bob: [{ productId: 'meridian-8', addedAt: '2026-11-12T12:00:00.000Z' }],
  },
};

const euros = (amount: number) => ({ amount, currency: 'EUR' });

export const seedOrders: readonly Order[] = [
  {
    id: 'order-1001',
    userId: 'alice',
    status: 'shipped',
    items: [{ productId: 'aurora-12', quantity: 1, unitPrice: euros(99_900) }],
    total: euros(99_900),
    createdAt: '2026-10-02T09:12:44.000Z',
  },
  {
    id: 'order-1002',
    userId: 'alice',
    status: 'paid',
    items: [{ productId: 'pico-4a', quantity: 2, unitPrice: euros(19_900) }],
    total: euros(39_800),
    createdAt: '2026-11-11T17:40:03.000Z',
  },
  {
    id: 'order-1003',
    userId: 'bob',
    status: 'paid',
    items: [{ productId: 'basalt-x5', quantity: 1, unitPrice: euros(58_900) }],
    total: euros(58_900),
    createdAt: '2026-11-14T06:05:30.000Z',
  },
];

/** One payment per order. */
export const seedPayments: readonly Payment[] = [
  {
    id: 'payment-1001',
    orderId: 'order-1001',
    userId: 'alice',
    status: 'succeeded',
    amount: euros(99_900),
    method: 'card',
    createdAt: '2026-10-02T09:13:10.000Z',
  },
  {
    id: 'payment-1002',
    orderId: 'order-1002',
    userId: 'alice',
    status: 'succeeded',
    amount: euros(39_800),
    method: 'card',
    createdAt: '2026-11-11T17:41:22.000Z',
  },
  {
    id: 'payment-1003',
    orderId: 'order-1003',
    userId: 'bob',
    status: 'succeeded',
    amount: euros(58_900),
    method: 'bank-transfer',
    createdAt: '2026-11-14T06:20:00.000Z',
  },
];

/** Reviews. `userId` is null for an author without an account. */
export const seedReviews: readonly ReviewWithAuthor[] = [
  {
    userId: 'alice',
    review: {
      id: 'review-01',
      productId: 'aurora-12',
      author: 'Alice M.',
      rating: 5,
      createdAt: '2026-10-20T18:03:00.000Z',
      text: 'The zoom replaces my old camera.',
    },
  },
  {
    userId: null,
    review: {
      id: 'review-02',
      productId: 'aurora-12',
      author: 'Jonas K.',
      rating: 4,
      createdAt: '2026-10-28T07:45:00.000Z',
      text: 'Fast and light. The charger is extra.',
    },
  },
  {
    userId: null,
    review: {
      id: 'review-03',
      productId: 'aurora-12',
      author: 'Mei T.',
      rating: 5,
      createdAt: '2026-11-03T12:30:00.000Z',
      text: 'Best screen I have had.',
    },
  },
  {
    userId: null,
    review: {
      id: 'review-04',
      productId: 'aurora-12-max',
      author: 'Priya S.',
      rating: 4,
      createdAt: '2026-10-30T20:11:00.000Z',
      text: 'Two days of battery, as promised. Heavy.',
    },
  },
  {
    userId: null,
    review: {
      id: 'review-05',
      productId: 'aurora-11',
      author: 'Tom B.',
      rating: 4,
      createdAt: '2026-08-19T10:00:00.000Z',
      text: 'Still good, and cheaper now.',
    },
  },
  {
    userId: null,
    review: {
      id: 'review-06',
      productId: 'fjord-mini',
      author: 'Ines R.',
      rating: 5,
      createdAt: '2026-09-07T16:22:00.000Z',
      text: 'At last a small one.',
    },
  },
  {
    userId: null,
    review: {
      id: 'review-07',
      productId: 'meridian-8-pro',
      author: 'Omar H.',
      rating: 3,
      createdAt: '2026-11-01T09:09:00.000Z',
      text: 'Great camera, warm under load.',
    },
  },
  {
    userId: null,
    review: {
      id: 'review-08',
      productId: 'meridian-8',
      author: 'Lena W.',
      rating: 5,
      createdAt: '2026-09-30T14:51:00.000Z',
      text: 'Nothing to complain about at this price.',
    },
  },
  {
    userId: null,
    review: {
      id: 'review-09',
      productId: 'origami-fold-3',
      author: 'Kenji A.',
      rating: 4,
      createdAt: '2026-10-12T22:40:00.000Z',
      text: 'The crease is hardly visible.',
    },
  },
  {
    userId: 'bob',
    review: {
      id: 'review-10',
      productId: 'basalt-x5',
      author: 'Bob L.',
      rating: 5,
      createdAt: '2026-11-16T05:58:00.000Z',
      text: 'Fell off a roof. Works.',
    },
  },
  {
    userId: 'alice',
    review: {
      id: 'review-11',
      productId: 'pico-4a',
      author: 'Alice M.',
      rating: 4,
      createdAt: '2026-11-15T19:26:00.000Z',
      text: 'For the children: just right.',
    },
  },
];
