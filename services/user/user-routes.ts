import * as z from 'zod';
import { mayAccess } from '../platform/http/caller.ts';
import { readBody } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { problem } from '../platform/http/problem.ts';
import { representation, writePreconditionProblem } from '../platform/http/representation.ts';
import type { ServiceApp, ServiceContext } from '../platform/http/service-app.ts';
import { line } from '../platform/http/text-rules.ts';
import type { UserStore } from './user.ts';

/** Without the email address, which only the identity provider may set. */
const profileBody = z.strictObject({
  displayName: line({ error: 'Give a name.', max: 100 }),
  locale: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, 'Give a locale such as fr-FR.')
    .default('en-GB'),
});

/** Routes for profiles, carts and wish lists. Only the owner and administrators have access. */
export function userRoutes(users: UserStore): (app: ServiceApp) => void {
  return (app) => {
    app.get('/api/users/:id', describeOperation({ summary: 'A profile.' }), async (c) => {
      const id = c.req.param('id');
      if (!mayAccess(c.var.caller, id)) return forbiddenUser(c);
      const user = await users.get(id);
      return user === null
        ? problem(c, 404, `User ${id} has no profile yet. PUT creates it.`)
        : representation(c, user);
    });

    app.get('/api/users/:id/cart', describeOperation({ summary: "A user's cart." }), async (c) => {
      const id = c.req.param('id');
      if (!mayAccess(c.var.caller, id)) return forbiddenUser(c);
      const items = await users.cart(id);
      const count = items.reduce((sum, { quantity }) => sum + quantity, 0);
      return representation(c, { userId: id, count, items });
    });

    app.get('/api/users/:id/wishlist', describeOperation({ summary: "A user's wish list." }), async (c) => {
      const id = c.req.param('id');
      if (!mayAccess(c.var.caller, id)) return forbiddenUser(c);
      return representation(c, { userId: id, items: await users.wishList(id) });
    });

    app.put(
      '/api/users/:id',
      describeOperation({ summary: 'Create or change a profile.', body: profileBody }),
      async (c) => {
        const id = c.req.param('id');
        const { caller } = c.var;
        if (!mayAccess(caller, id)) return forbiddenUser(c);
        const body = await readBody(c, profileBody);
        if (body.kind === 'invalid') return body.answer;
        return await users.change(id, (current) => {
          const refusal = writePreconditionProblem(c, current);
          if (refusal !== null) return { user: null, result: refusal };
          const ownEmail = caller.userId === id ? caller.userEmail : null;
          const user = { id, ...body.value, email: ownEmail ?? current?.email ?? null };
          return { user, result: representation(c, user, current === null ? 201 : 200) };
        });
      },
    );
  };
}

function forbiddenUser(c: ServiceContext): Response {
  return problem(c, 403, 'Only the owner of a profile and administrators have access to it.');
}
