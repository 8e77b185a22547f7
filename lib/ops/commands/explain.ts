import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AssumedCaller, Explanation } from '../../../runtime/contracts/explanation.ts';
import type { RegisteredClient } from '../access/client-registry.ts';
import type { ExplainedCall, GatewayAccess } from '../access/gateway-access.ts';
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
  readonly permissions?: string[];
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
      .option(
        '--permissions <list>',
        "permissions of the client or user (default those of the client's keys; all for a user)",
        wordList,
      ),
    ports,
    explain,
  );
}

async function explain({ gateway, ports, options }: Session<ExplainOptions>): Promise<Report> {
  const given = [options.token, options.key, options.client, options.user].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw usageError(
      'A request has one caller.',
      'Give one of --token, --key, --client and --user, or none.',
    );
  }
  const { routeKey, match } = matchRoute(gateway, options);
  const as = await assumed(gateway, options, ports.now());
  const { policy, revision } = await gateway.policies.current();
  const call: ExplainedCall = {
    routeKey,
    address: options.address,
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(as === undefined ? {} : { as }),
  };
  const { explanation, isInForce } = await explainNewest(gateway, call, policy.version);
  return {
    json: {
      environment: gateway.environment,
      route: match,
      ...explanation,
      ...(as === undefined ? {} : { permissions: as.permissions }),
      stored: { version: policy.version, revision, isInForce },
    },
    text: [
      ...(isInForce
        ? []
        : [
            `This used policy ${explanation.context['policyVersion']}. Revision ${revision} (${policy.version}) is stored and not active yet: run the command again in a minute.`,
            '',
          ]),
      textOf(routeKey, explanation, as),
    ].join('\n'),
  };
}

/** The local run reads its policy every two seconds. In AWS, a change takes a minute, for which no command waits. */
const attempts = 10;
const pauseMilliseconds = 400;

/** Explains a request, if need be again until the authorizer has the newest policy. */
async function explainNewest(gateway: GatewayAccess, call: ExplainedCall, version: string) {
  for (let attempt = 1; ; attempt += 1) {
    const explanation = await gateway.explain(call);
    const isInForce = explanation.context['policyVersion']?.endsWith(`+${version}`) === true;
    if (isInForce || attempt === attempts) return { explanation, isInForce };
    await delay(pauseMilliseconds);
  }
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
  now: number,
): Promise<AssumedCaller | undefined> {
  if (client !== undefined) {
    const found = await registered(gateway, client);
    const { plan, monthStartDay } = found;
    return {
      clientId: client,
      plan,
      monthStartDay,
      permissions: permissions ?? (await permissionsOf(gateway, found, now)),
    };
  }
  if (user === undefined) return undefined;
  const issuer = gateway.catalogue.issuers[0]?.issuer;
  return {
    userId: user,
    permissions: permissions ?? ['**'],
    ...(issuer === undefined ? {} : { issuer }),
    ...(plan === undefined ? {} : { plan }),
  };
}

/** The permissions of all valid keys of a client: none without a key. */
async function permissionsOf(
  gateway: GatewayAccess,
  client: RegisteredClient,
  now: number,
): Promise<readonly string[]> {
  const keys = await gateway.keys.ofClient(client);
  const valid = keys.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now);
  return [...new Set(valid.flatMap(({ permissions }) => permissions))].sort();
}

function textOf(
  routeKey: string,
  { context, status, headers, limits }: Explanation,
  as: AssumedCaller | undefined,
): string {
  const answer = status === null ? `goes on to ${context['service']}` : `is answered ${status}`;
  return [
    `Route       ${routeKey}`,
    `Decision    ${context['decision']} (${context['reason']}): the call ${answer}`,
    `Caller      client ${context['clientId']}, user ${context['userId']}`,
    ...(as === undefined ? [] : [`Permissions ${as.permissions.join(', ') || 'none'}`]),
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
