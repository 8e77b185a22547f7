import { setTimeout as delay } from 'node:timers/promises';
import type { Policy } from '../../../lambda/auth/contract.ts';
import type { RevocationResult } from '../../../lambda/revocation/contract.ts';
import type { Explanation } from '../../../runtime/contracts/explanation.ts';
import { apiKeyHeader, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { findReferenceFaults } from '../../../runtime/policy/policy-references.ts';
import { parseRuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import { catalogueNames, compilePolicy } from '../../compile/authorizer-policy.ts';
import { ConfigError, type Configuration, loadConfiguration, regionsOf } from '../../config/index.ts';
import { compileRoutes } from '../../local/emulators/http-api/routes.ts';
import { OpsError, usageError } from '../commands/ops-error.ts';
import type { OpsPorts } from '../commands/session.ts';
import { createAuditLog } from './audit-log.ts';
import { type AwsClients, readSecret, sendToAws } from './aws-clients.ts';
import { createClientRegistry } from './client-registry.ts';
import { openDeadLetterQueues } from './dead-letter-queues.ts';
import { openTable } from './dynamodb.ts';
import type { ExplainedCall, GatewayAccess, OpenedGateway } from './gateway-access.ts';
import { createKeyRegistry } from './key-registry.ts';
import { openLocalRun } from './local-run-access.ts';
import { createUsageReader } from './usage-reader.ts';

/** Options that select the gateway of a command. */
export interface GatewaySelection {
  readonly env?: string;
  readonly local?: true;
  /** Port of a local run. */
  readonly port?: string;
  readonly region?: string;
}

/** Opens the gateway that the options select. */
export async function openGateway(
  { env, local, port, region }: GatewaySelection,
  ports: OpsPorts,
): Promise<GatewayAccess> {
  if (local === true || (port !== undefined && env === undefined)) {
    return access(loadConfiguration('local'), await openLocalRun(port, ports));
  }
  if (env === undefined) {
    throw usageError(
      'No gateway is selected.',
      'Add --env NAME, or --local for the local run on this machine.',
    );
  }
  const configuration = inRegion(configurationOf(env), region);
  // Imported here, because the local run needs neither AppConfig nor STS.
  const { openAws } = await import('./aws-access.ts');
  return access(configuration, await openAws(configuration));
}

function configurationOf(env: string): Configuration {
  if (env === 'local') throw usageError('The environment local is not deployed to AWS.', 'Use --local.');
  try {
    return loadConfiguration(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw usageError(`--env ${env}: ${error.message}`, 'Use dev, staging or prod.');
  }
}

/** Selects a region of the environment. Each region has a separate runtime policy, limit store and functions. */
function inRegion({ catalogue, environment }: Configuration, name = environment.region): Configuration {
  const regions = regionsOf(environment).map((region) => region.environment);
  const found = regions.find(({ region }) => region === name);
  if (found !== undefined) return { catalogue, environment: found };
  const known = regions.map(({ region }) => region).join(', ');
  throw usageError(`--region ${name}: ${environment.name} is not deployed there.`, `Use one of: ${known}.`);
}

function access(configuration: Configuration, opened: OpenedGateway): GatewayAccess {
  const { resources, clients, who, policies, edge, issuer } = opened;
  const { environment } = configuration;
  const catalogue = withIssuer(compilePolicy(configuration), issuer);
  const names = catalogueNames(configuration);
  const match = compileRoutes(Object.fromEntries(names.routes.map((key) => [key, key])));
  const table = (name: string) => openTable(clients.dynamodb, name);
  return {
    environment: environment.name,
    isProduction: environment.name === 'prod',
    catalogue,
    who,
    policies,
    edge,
    logs: opened.logs,
    alarms: opened.alarms,
    audit: createAuditLog(table(resources.auditTable)),
    clients: createClientRegistry(table(resources.clientsTable)),
    keys: createKeyRegistry(table(resources.clientsTable)),
    keyPepper: () => readSecret(clients.secretsManager, `gatehouse/${environment.name}/key-pepper`),
    usage: createUsageReader(table(resources.usageTable)),
    deadLetters: openDeadLetterQueues(
      { sqs: clients.sqs, lambda: clients.lambda, pause: delay },
      resources.deadLetterQueues,
    ),
    canaryServices: names.canaryServices,
    matchRoute: (method, path) => match(method, path)?.route,
    explain: async (call) => (await invoke(clients, resources.authorizer, explainEvent(call))) as Explanation,
    async revoke(order) {
      const answer = await invoke(clients, resources.revocation, { revoke: order });
      const result = answer as RevocationResult;
      if (result.revoked) return;
      throw new OpsError(
        `The limit store is unavailable (${result.reason}), so nothing was revoked.`,
        'Follow docs/runbooks/auth/AuthorizerUnavailable.md, then run the command again.',
      );
    },
    faultsOf(policy) {
      const parsed = parseRuntimePolicy(policy);
      return parsed.kind === 'invalid' ? parsed.faults : findReferenceFaults(parsed.policy, names);
    },
  };
}

/** Replaces the shop's issuer with that of the deployment. Other issuers, which have bounds, stay as configured. */
function withIssuer(policy: Policy, issuer: string | undefined): Policy {
  const issuers = policy.issuers.map((known) =>
    known.bounds === undefined ? { ...known, issuer: issuer ?? known.issuer } : known,
  );
  return { ...policy, issuers };
}

async function invoke({ lambda }: AwsClients, functionName: string, event: object): Promise<unknown> {
  const call = lambda.invoke({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) });
  const answer = await sendToAws(`Lambda Invoke of ${functionName}`, call);
  const text = Buffer.from(answer?.Payload ?? []).toString();
  if (answer?.FunctionError === undefined) return JSON.parse(text);
  throw new OpsError(
    `The function ${functionName} failed: ${text}`,
    'Read its log, then run the command again.',
  );
}

/** Event of a REQUEST authorizer in payload format 2.0 that asks for an explanation only. */
function explainEvent({ routeKey, address, token, key, as }: ExplainedCall): object {
  return {
    version: '2.0',
    type: 'REQUEST',
    routeKey,
    headers: {
      [requestHeaders.viewerAddress]: address,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { [apiKeyHeader]: key }),
    },
    requestContext: { http: { method: routeKey.split(' ', 1)[0] } },
    explain: as === undefined ? {} : { as },
  };
}
