import type { Order } from '../order/order.ts';
import type { Payment } from '../payment/payment.ts';
import type { Review, ReviewWithAuthor } from '../review/review.ts';
import type { CartsAndWishlists, User } from '../user/user.ts';

/** Two customers, so that a laptop shows whose data is whose. */
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
      // No longer sold: a wish outlives its product.
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

/** The reviews of those who are customers here. */
const userOf: Readonly<Record<string, string>> = { 'Alice M.': 'alice', 'Bob L.': 'bob' };

const review = (
  id: string,
  productId: string,
  author: string,
  rating: Review['rating'],
  createdAt: string,
  text: string,
): ReviewWithAuthor => ({
  userId: userOf[author] ?? null,
  review: { id, productId, author, rating, createdAt, text },
});

export const seedReviews: readonly ReviewWithAuthor[] = [
  review(
    'review-01',
    'aurora-12',
    'Alice M.',
    5,
    '2026-10-20T18:03:00.000Z',
    'The zoom replaces my old camera.',
  ),
  review(
    'review-02',
    'aurora-12',
    'Jonas K.',
    4,
    '2026-10-28T07:45:00.000Z',
    'Fast and light. The charger is extra.',
  ),
  review('review-03', 'aurora-12', 'Mei T.', 5, '2026-11-03T12:30:00.000Z', 'Best screen I have had.'),
  review(
    'review-04',
    'aurora-12-max',
    'Priya S.',
    4,
    '2026-10-30T20:11:00.000Z',
    'Two days of battery, as promised. Heavy.',
  ),
  review('review-05', 'aurora-11', 'Tom B.', 4, '2026-08-19T10:00:00.000Z', 'Still good, and cheaper now.'),
  review('review-06', 'fjord-mini', 'Ines R.', 5, '2026-09-07T16:22:00.000Z', 'At last a small one.'),
  review(
    'review-07',
    'meridian-8-pro',
    'Omar H.',
    3,
    '2026-11-01T09:09:00.000Z',
    'Great camera, warm under load.',
  ),
  review(
    'review-08',
    'meridian-8',
    'Lena W.',
    5,
    '2026-09-30T14:51:00.000Z',
    'Nothing to complain about at this price.',
  ),
  review(
    'review-09',
    'origami-fold-3',
    'Kenji A.',
    4,
    '2026-10-12T22:40:00.000Z',
    'The crease is hardly visible.',
  ),
  review('review-10', 'basalt-x5', 'Bob L.', 5, '2026-11-16T05:58:00.000Z', 'Fell off a roof. Works.'),
  review('review-11', 'pico-4a', 'Alice M.', 4, '2026-11-15T19:26:00.000Z', 'For the children: just right.'),
];
