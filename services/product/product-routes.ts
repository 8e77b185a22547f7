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

/** The sort key of search results is rank and id; the sort key of the plain list is the id. */
const searchKey = new RegExp(`\\d{7} ${pageKeys.id.source}`);

const listQuery = z
  .object({
    ...pageQuery(new RegExp(`${pageKeys.id.source}|${searchKey.source}`)),
    q: z.string().max(200, 'Search for at most 200 characters.').optional(),
    category: z.string().max(50, 'A category has at most 50 characters.').optional(),
  })
  .refine(({ q = '', cursor }) => cursor === undefined || cursor.includes(' ') === (q.trim() !== ''), {
    error: 'Give the nextCursor of a page of the same search.',
    path: ['cursor'],
    params: malformedValue,
  });

const text = (max: number) => line({ error: 'Give at least one character.', max });

/** 999,999.99, the largest amount of one payment at the payment provider (https://docs.stripe.com/currencies). */
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
      .min(0, 'A price must not be negative.')
      .max(maxPriceCents, `A price is at most ${maxPriceCents} cents.`),
    currency: z.literal('EUR', { error: 'The shop sells in EUR only.' }),
  }),
});

/** Tags by which CloudFront invalidates cached copies. CloudFront does not forward them to clients. */
const cacheTags = (...tags: string[]) => ({ 'cache-tag': tags.join(', ') });

const productId = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The response shape of API version 1: a title, and a decimal price. */
const firstShape = (product: Product) => ({
  id: product.id,
  title: `${product.brand} ${product.name}`,
  price: decimal(product.price),
});

/** Routes for products. Everybody reads them; operators change them. */
export function productRoutes(products: ProductStore): (app: ServiceApp) => void {
  return (app) => {
    app.get(
      '/api/products',
      describeOperation({ summary: 'List or search products.', query: listQuery }),
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
          ? problem(c, 404, `Product ${c.req.param('id')} does not exist.`)
          : representation(c, shape(product), 200, cacheTags('products', `product:${product.id}`));
      });
    }

    // The gateway decides who may change products, by a permission and an address list.
    app.put(
      '/api/admin/products/:id',
      describeOperation({ summary: 'Create or change a product.', body: productBody }),
      async (c) => {
        const id = c.req.param('id');
        if (!productId.test(id)) {
          return problem(c, 422, 'A product id has at most 64 lower-case letters, digits and hyphens.');
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
