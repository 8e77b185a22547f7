import * as z from 'zod';
import { malformedValue, readBody, readQuery } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { pageKeys, pageQuery } from '../platform/http/pagination.ts';
import { problem } from '../platform/http/problem.ts';
import { representation, writePreconditionProblem } from '../platform/http/representation.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';
import { line, prose } from '../platform/http/text-rules.ts';
import { decimal } from '../platform/money.ts';
import type { Product, ProductStore } from './product.ts';

/** A search is cut by rank and id, a list by id. */
const searchKey = new RegExp(`\\d{7} ${pageKeys.id.source}`);

const listQuery = z
  .object({
    ...pageQuery(new RegExp(`${pageKeys.id.source}|${searchKey.source}`)),
    q: z.string().max(200, 'Search for at most 200 characters.').optional(),
    category: z.string().max(50, 'Name one category.').optional(),
  })
  .refine(({ q = '', cursor }) => cursor === undefined || cursor.includes(' ') === (q.trim() !== ''), {
    error: 'Give the nextCursor of a page of the same search.',
    path: ['cursor'],
    params: malformedValue,
  });

const text = (max: number) => line({ error: 'Give at least one character.', max });

/** A cent less than 1,000,000.00, as much as the payment provider takes at once (https://docs.stripe.com/currencies). */
const maxPriceCents = 99_999_999;

const productBody = z.strictObject({
  brand: text(100),
  name: text(200),
  category: text(50),
  description: prose({ error: 'Give at least one character.', max: 2_000 }),
  price: z.strictObject({
    amount: z
      .number({ error: 'Give the price in cents.' })
      .int('Give whole cents.')
      .min(0, 'A price is not negative.')
      .max(maxPriceCents, `A price is at most ${maxPriceCents} cents.`),
    currency: z.literal('EUR', { error: 'The store sells in EUR.' }),
  }),
});

/** By these names an edge forgets copies; it shows them to nobody. */
const cacheTags = (...tags: string[]) => ({ 'cache-tag': tags.join(', ') });

const productId = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The shape of version 1: a title, and a price in decimals. */
const firstShape = (product: Product) => ({
  id: product.id,
  title: `${product.brand} ${product.name}`,
  price: decimal(product.price),
});

/** The products, for everybody to read and for operators to change. */
export function productRoutes(products: ProductStore): (app: ServiceApp) => void {
  return (app) => {
    app.get(
      '/api/products',
      describeOperation({ summary: 'Products, all or those that a search finds.', query: listQuery }),
      async (c) => {
        const query = readQuery(c, listQuery);
        return query.kind === 'valid'
          ? representation(c, await products.list(query.value), 200, cacheTags('products'))
          : query.answer;
      },
    );

    for (const [path, shape] of [
      ['/api/products/:id', (product: Product) => product],
      ['/v1/products/:id', firstShape],
      ['/v2/products/:id', (product: Product) => product],
    ] as const) {
      app.get(path, describeOperation({ summary: 'One product.' }), async (c) => {
        const product = await products.get(c.req.param('id'));
        return product === null
          ? problem(c, 404, `There is no product ${c.req.param('id')}.`)
          : representation(c, shape(product), 200, cacheTags('products', `product:${product.id}`));
      });
    }

    // Who may change products is the gateway's decision: a permission and an address list.
    app.put(
      '/api/admin/products/:id',
      describeOperation({ summary: 'Make a product, or change it.', body: productBody }),
      async (c) => {
        const id = c.req.param('id');
        if (!productId.test(id)) {
          return problem(c, 422, 'A product id has lower-case letters, digits and hyphens, at most 64.');
        }
        const body = await readBody(c, productBody);
        if (body.kind === 'invalid') return body.answer;
        return await products.change(id, (current) => {
          const refusal = writePreconditionProblem(c, current);
          if (refusal !== null) return { product: null, result: refusal };
          const product = { id, ...body.value };
          const result =
            current === null
              ? representation(c, product, 201, { location: `/api/products/${id}` })
              : representation(c, product);
          return { product, result };
        });
      },
    );
  };
}
