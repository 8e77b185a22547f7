import type { Command } from 'commander';
import type { AssumedCaller, Explanation } from '../../../runtime/contracts/explanation.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import { wordList } from './argument-parsers.ts';
import { registered } from './clients.ts';
import { OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

interface ExplainOptions {
  readonly method: string;
  readonly path: string;
  readonly address: string;
  readonly token?: string;
  readonly key?: string;
  readonly client?: string;
  readonly user?: string;
  readonly plan?: string;
  readonly permissions: string[];
}

/** `explain`: asks the authorizer for its decision on a request, and the reason. */
export function addExplain(program: Command, ports: OpsPorts): void {
  readCommand<ExplainOptions>(
    program
      .command('explain')
      .description('explain the decision on a request: route, plan, limits, headers; nothing is counted')
      .requiredOption('--path <path>', 'path as the API receives it, such as /api/orders')
      .option('--method <method>', 'HTTP method', 'GET')
      .option('--address <address>', 'address of the caller', '192.0.2.1')
      .option('--token <token>', 'bearer token of the request')
      .option('--key <key>', 'API key of the request')
      .option('--client <client>', 'assume a registered client, without its key')
      .option('--user <subject>', 'assume a user, without a token')
      .option('--plan <name>', "plan that the user's token names")
      .option('--permissions <list>', 'permissions of the client or user', wordList, ['**']),
    ports,
    explain,
  );
}

async function explain({ gateway, options }: Session<ExplainOptions>): Promise<Report> {
  const given = [options.token, options.key, options.client, options.user].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw usageError(
      'A request has one caller.',
      'Give one of --token, --key, --client and --user, or none.',
    );
  }
  const { routeKey, match } = matchRoute(gateway, options);
  const as = await assumed(gateway, options);
  const explanation = await gateway.explain({
    routeKey,
    address: options.address,
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(as === undefined ? {} : { as }),
  });
  const { policy } = await gateway.policies.current();
  const isInForce = explanation.context['policyVersion']?.endsWith(`+${policy.version}`) === true;
  return {
    json: {
      environment: gateway.environment,
      route: match,
      ...explanation,
      stored: { version: policy.version, isInForce },
    },
    text: [
      ...(isInForce
        ? []
        : [
            `Policy ${policy.version} is stored but not in force yet. Run the command again in a minute.`,
            '',
          ]),
      textOf(routeKey, explanation),
    ].join('\n'),
  };
}

/** Finds the route that the API would match. */
function matchRoute(gateway: GatewayAccess, { method, path }: ExplainOptions) {
  const match = gateway.matchRoute(method.toUpperCase(), path.split('?', 1)[0] ?? '');
  if (match !== undefined) return { routeKey: match, match };
  throw new OpsError(
    `${gateway.environment} has no route for ${method.toUpperCase()} ${path}; the API answers 404.`,
    'Give the method and path of a route of the catalogue.',
  );
}

async function assumed(
  gateway: GatewayAccess,
  { client, user, plan, permissions }: ExplainOptions,
): Promise<AssumedCaller | undefined> {
  if (client !== undefined) {
    const { plan, monthStartDay } = await registered(gateway, client);
    return { clientId: client, plan, monthStartDay, permissions };
  }
  if (user === undefined) return undefined;
  const issuer = gateway.catalogue.issuers[0]?.issuer;
  return {
    userId: user,
    permissions,
    ...(issuer === undefined ? {} : { issuer }),
    ...(plan === undefined ? {} : { plan }),
  };
}

function textOf(routeKey: string, { context, status, headers, limits }: Explanation): string {
  const answer = status === null ? `goes on to ${context['service']}` : `is answered ${status}`;
  return [
    `Route       ${routeKey}`,
    `Decision    ${context['decision']} (${context['reason']}): the call ${answer}`,
    `Caller      client ${context['clientId']}, user ${context['userId']}`,
    `Plan        ${context['plan']}`,
    `Cohort      ${context['cohort']}`,
    `Policy      ${context['policyVersion']}`,
    '',
    limits.length === 0
      ? 'No limit was checked: the request is decided before limits.'
      : textTable(
          ['CHECK', 'KIND', 'RESULT', 'REMAINING', 'LIMIT', 'RESET', 'SHADOW'],
          limits.map((limit) => [
            limit.name,
            limit.kind,
            limit.result,
            limit.size === null ? '-' : `${limit.remaining}`,
            limit.size === null ? '-' : `${limit.size}`,
            `${limit.resetSeconds} s`,
            limit.shadow ? 'yes' : 'no',
          ]),
        ),
    '',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\n');
}
