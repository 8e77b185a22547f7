import * as z from 'zod';
import { mayAccess } from '../platform/http/caller.ts';
import { readQuery } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { pageKeys, pageQuery } from '../platform/http/pagination.ts';
import { problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';
import type { ReviewStore } from './review.ts';

const listQuery = z.object(pageQuery(pageKeys.age));

/** Routes for reviews. Everybody reads the reviews of a product; a user reads only their own list of reviews. */
export function reviewRoutes(reviews: ReviewStore): (app: ServiceApp) => void {
  return (app) => {
    app.get(
      '/api/products/:id/reviews',
      describeOperation({ summary: 'Reviews of a product, newest first.', query: listQuery }),
      async (c) => {
        const query = readQuery(c, listQuery);
        if (query.kind === 'invalid') return query.answer;
        const page = await reviews.list(c.req.param('id'), query.value);
        return page === null
          ? problem(c, 404, `Product ${c.req.param('id')} does not exist.`)
          : representation(c, page);
      },
    );

    app.get(
      '/api/users/:id/reviews',
      describeOperation({ summary: 'Reviews of a user, newest first.', query: listQuery }),
      async (c) => {
        const id = c.req.param('id');
        if (!mayAccess(c.var.caller, id)) {
          return problem(c, 403, 'Only the user and administrators may list the reviews of a user.');
        }
        const query = readQuery(c, listQuery);
        return query.kind === 'valid'
          ? representation(c, await reviews.listByUser(id, query.value))
          : query.answer;
      },
    );
  };
}
