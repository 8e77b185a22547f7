import * as z from 'zod';
import { readQuery } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { pageOf, pageQuery } from '../platform/http/pagination.ts';
import { problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';
import type { Product } from '../product/product.ts';
import { recommend } from './recommend.ts';

/** Its place in the ranking. */
const listQuery = z.object(pageQuery(/\d{6}/));

/** What else to look at beside a product, best first, for everybody to read. */
export function recommendationRoutes(products: readonly Product[]): (app: ServiceApp) => void {
  return (app) => {
    app.get(
      '/api/products/:id/recommendations',
      describeOperation({ summary: 'What else to look at.', query: listQuery }),
      (c) => {
        const query = readQuery(c, listQuery);
        if (query.kind === 'invalid') return query.answer;
        const items = recommend(products, c.req.param('id'));
        if (items === null) return problem(c, 404, `There is no product ${c.req.param('id')}.`);
        const rank = new Map(items.map((item, index) => [item, String(index).padStart(6, '0')]));
        return representation(
          c,
          pageOf(items, query.value, (item) => rank.get(item) ?? ''),
        );
      },
    );
  };
}
