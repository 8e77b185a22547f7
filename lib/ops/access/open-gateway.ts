import type { Policy } from '../../../lambda/auth/contract.ts';
import type { RevocationResult } from '../../../lambda/revocation/contract.ts';
import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import type { Explanation } from '../../../runtime/contracts/explanation.ts';
import { apiKeyHeader, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { findReferenceFaults } from '../../../runtime/policy/policy-references.ts';
import { parseRuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import { compilePolicy } from '../../compile/authorizer-policy.ts';
import type { ResourceNames } from '../../compile/resource-names.ts';
import { ConfigError, type Configuration, loadConfiguration, regionsOf } from '../../config/index.ts';
import { compileRoutes } from '../../local/emulators/http-api/routes.ts';
import { OpsFault, usageFault } from '../commands/ops-error.ts';
import type { OpsPorts } from '../commands/session.ts';
import type { AlarmReader } from './alarm-reader.ts';
import { createAuditLog } from './audit-log.ts';
import { createClientRegister } from './client-register.ts';
import { openDeadWebhooks } from './dead-webhooks.ts';
import { openTable } from './dynamodb.ts';
import type { EdgeAccess } from './edge-access.ts';
import type { ExplainedCall, GatewayAccess } from './gateway-access.ts';
import { invoke } from './invoke-function.ts';
import { createKeyRegister } from './key-register.ts';
import { openLocalRun } from './local-run-access.ts';
import type { LogReader } from './log-reader.ts';
import type { PolicyStore } from './policy-store.ts';
import { readSecret } from './read-secret.ts';
import { createUsageReader } from './usage-reader.ts';

/** Where one gateway's parts are, and who asks for them. */
export interface Deployed {
  readonly operations: ResourceNames;
  readonly endpoints: Readonly<Record<'dynamodb' | 'secretsManager' | 'lambda' | 'sqs', string>>;
  readonly credentials: AwsCredentials;
  readonly who: string;
  readonly policies: PolicyStore;
  readonly edge: () => Promise<EdgeAccess>;
  readonly logs: () => Promise<LogReader>;
  readonly alarms: () => Promise<AlarmReader>;
  /** Of the tokens, where it is another than the configuration's. */
  readonly issuer?: string;
}

/** Options that say which gateway a command is for. */
export interface NamedGateway {
  readonly env?: string;
  readonly local?: true;
  /** Of a local run. */
  readonly port?: string;
  readonly region?: string;
}

/** The gateway that the options name. */
export async function openGateway(
  { env, local, port, region }: NamedGateway,
  ports: OpsPorts,
): Promise<GatewayAccess> {
  if (local === true || (port !== undefined && env === undefined)) {
    return access(loadConfiguration('local'), await openLocalRun(port, ports));
  }
  if (env === undefined) {
    throw usageFault(
      'No gateway is named.',
      'Add --env NAME, or --local for the run of npm start on this machine.',
    );
  }
  const configuration = inRegion(configurationOf(env), region);
  // Loaded now and not at the top: the local run needs no credentials of AWS.
  const { openAws } = await import('./aws-access.ts');
  return access(configuration, await openAws(configuration, ports));
}

function configurationOf(env: string): Configuration {
  if (env === 'local') throw usageFault('The environment local is in no account of AWS.', 'Use --local.');
  try {
    return loadConfiguration(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw usageFault(`--env ${env}: ${error.message}`, 'Use dev, staging or prod.');
  }
}

/** Each region has a runtime policy, a store and functions of its own. */
function inRegion({ catalogue, environment }: Configuration, name = environment.region): Configuration {
  const regions = regionsOf(environment).map((region) => region.environment);
  const found = regions.find(({ region }) => region === name);
  if (found !== undefined) return { catalogue, environment: found };
  const known = regions.map(({ region }) => region).join(', ');
  throw usageFault(`--region ${name}: ${environment.name} is not there.`, `It is in: ${known}.`);
}

function access(configuration: Configuration, deployed: Deployed): GatewayAccess {
  const { operations, endpoints, credentials, who, policies } = deployed;
  const { environment } = configuration;
  const compiled = compilePolicy(configuration);
  const catalogue: Policy = {
    ...compiled,
    // The shop's own issuer may be another one where it is deployed; those of others are as they are written.
    issuers: compiled.issuers.map((known) =>
      known.bounds === undefined ? { ...known, issuer: deployed.issuer ?? known.issuer } : known,
    ),
  };
  const names = {
    plans: Object.keys(catalogue.plans),
    services: Object.keys(configuration.catalogue.services),
    routes: Object.keys(catalogue.routes),
    limits: Object.keys(catalogue.limits),
  };
  const match = compileRoutes(Object.fromEntries(names.routes.map((key) => [key, key])));
  const table = (name: string) => openTable(endpoints.dynamodb, credentials, name);
  return {
    environment: environment.name,
    isProduction: environment.name === 'prod',
    catalogue,
    who,
    policies,
    edge: deployed.edge,
    logs: deployed.logs,
    alarms: deployed.alarms,
    audit: createAuditLog(table(operations.auditTable)),
    clients: createClientRegister(table(operations.clientsTable)),
    keys: createKeyRegister(table(operations.clientsTable)),
    keyPepper: () =>
      readSecret(endpoints.secretsManager, credentials, `gatehouse/${environment.name}/key-pepper`),
    usage: createUsageReader(table(operations.usageTable)),
    deadWebhooks: openDeadWebhooks(endpoints.sqs, credentials, {
      queue: operations.webhookQueue,
      deadLetters: operations.webhookDeadLetters,
    }),
    matchRoute: (method, path) => match(method, path)?.route,
    explain: async (call) =>
      (await invoke(endpoints.lambda, credentials, operations.authorizer, explainEvent(call))) as Explanation,
    async revoke(order) {
      const answer = await invoke(endpoints.lambda, credentials, operations.revocation, { revoke: order });
      const result = answer as RevocationResult;
      if (result.revoked) return;
      throw new OpsFault(
        `The store does not answer (${result.reason}), so nothing was revoked.`,
        'Follow docs/runbooks/auth/AuthorizerUnavailable.md, then run the command again.',
      );
    },
    faultsOf(policy) {
      const parsed = parseRuntimePolicy(policy);
      return parsed.kind === 'invalid' ? parsed.faults : findReferenceFaults(parsed.policy, names);
    },
  };
}

/** A REQUEST authorizer's event of payload format 2.0, and that it only asks. */
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
