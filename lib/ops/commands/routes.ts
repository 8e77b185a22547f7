import type { Command } from 'commander';
import { changePolicy } from './change-policy.ts';
import { addImport } from './import-routes.ts';
import { OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

/** `routes`: switches single routes off and on. */
export function addRoutes(program: Command, ports: OpsPorts): void {
  const routes = program.command('routes').description('Routes that are switched off; they answer 503.');
  addImport(routes, ports);
  readCommand(routes.command('list').description('list routes, and which are switched off'), ports, list);
  changeCommand(
    routes
      .command('disable')
      .argument('<route>', 'route key as in the catalogue, such as "GET /api/orders/{id}"')
      .description('switch a route off, and HEAD with its GET'),
    ports,
    (session, route = '') => change(session, route, false),
  );
  changeCommand(
    routes.command('enable').argument('<route>').description('switch it on again'),
    ports,
    (session, route = '') => change(session, route, true),
  );
}

async function list({ gateway }: Session): Promise<Report> {
  const { policy } = await gateway.policies.current();
  const routes = Object.keys(gateway.catalogue.routes).map((route) => {
    const settled = policy.routes[route];
    return { route, enabled: settled?.enabled ?? true, reason: settled?.reason ?? null };
  });
  return {
    json: { environment: gateway.environment, routes },
    text: textTable(
      ['ROUTE', 'STATE', 'WHY'],
      routes.map(({ route, enabled, reason }) => [route, enabled ? 'on' : 'off', reason ?? '']),
    ),
  };
}

async function change(session: Session<ChangeOptions>, route: string, enabled: boolean): Promise<Report> {
  const { gateway, options } = session;
  if (gateway.catalogue.routes[route] === undefined) {
    throw new OpsError(
      `${gateway.environment} has no route "${route}".`,
      'Run npm run ops -- routes list to see the routes.',
    );
  }
  return await changePolicy(
    session,
    (policy) => {
      const { [route]: settled, ...others } = policy.routes;
      if ((settled?.enabled ?? true) === enabled) return policy;
      // A route that is on needs no entry.
      return {
        ...policy,
        routes: enabled ? others : { ...others, [route]: { enabled, reason: options.reason } },
      };
    },
    'at-once',
  );
}
