import * as z from 'zod';
import { readQuery } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { pageOf, pageQuery } from '../platform/http/pagination.ts';
import { problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';
import type { Product } from '../product/product.ts';
import { recommend } from './recommend.ts';

/** The cursor is the position in the ranking, in six digits. */
const listQuery = z.object(pageQuery(/\d{6}/));

/** The route that lists the products most similar to a product, best first. It is open to everybody. */
export function recommendationRoutes(products: readonly Product[]): (app: ServiceApp) => void {
  return (app) => {
    app.get(
      '/api/products/:id/recommendations',
      describeOperation({ summary: 'Recommended products beside a product.', query: listQuery }),
      (c) => {
        const query = readQuery(c, listQuery);
        if (query.kind === 'invalid') return query.answer;
        const items = recommend(products, c.req.param('id'));
        if (items === null) return problem(c, 404, `Product ${c.req.param('id')} does not exist.`);
        const rank = new Map(items.map((item, index) => [item, String(index).padStart(6, '0')]));
        return representation(
          c,
          pageOf(items, query.value, (item) => rank.get(item) ?? ''),
        );
      },
    );
  };
}
