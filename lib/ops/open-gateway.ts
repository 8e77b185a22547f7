import type { AwsCredentials } from '../../lambda/shared/aws-credentials.ts';
import { referenceFaults } from '../../lambda/shared/policy-references.ts';
import { parseRuntimePolicy } from '../../lambda/shared/runtime-policy.ts';
import { type Configuration, loadConfiguration } from '../config/index.ts';
import type { Operations } from '../operations.ts';
import { compilePolicy } from '../policy.ts';
import { createAuditLog } from './audit.ts';
import { createClientRegister } from './client-register.ts';
import { openTable } from './dynamo.ts';
import { usageFault } from './fault.ts';
import type { GatewayAccess } from './gateway-access.ts';
import { createKeyRegister } from './key-register.ts';
import { openLocalRun } from './local-run-access.ts';
import type { PolicyStore } from './policy-store.ts';
import { readSecret } from './read-secret.ts';
import type { OpsPorts } from './session.ts';
import { createUsageReader } from './usage-reader.ts';

/** Where one gateway's parts are, and who asks for them. */
export interface Deployed {
  readonly operations: Operations;
  readonly endpoints: Readonly<Record<'dynamodb' | 'secretsManager' | 'lambda', string>>;
  readonly credentials: AwsCredentials;
  readonly who: string;
  readonly policies: PolicyStore;
}

/** The gateway that the options name. */
export async function openGateway(
  { local }: { readonly local?: true },
  ports: OpsPorts,
): Promise<GatewayAccess> {
  if (local === true) {
    return access(loadConfiguration('local'), openLocalRun(ports));
  }
  throw usageFault('No gateway is named.', 'Add --local for the run of npm start on this machine.');
}

function access(configuration: Configuration, deployed: Deployed): GatewayAccess {
  const { operations, endpoints, credentials, who, policies } = deployed;
  const { environment } = configuration;
  const catalogue = compilePolicy(configuration);
  const names = {
    plans: Object.keys(catalogue.plans),
    services: Object.keys(configuration.catalogue.services),
    routes: Object.keys(catalogue.routes),
    limits: Object.keys(catalogue.limits),
  };
  const table = (name: string) => openTable(endpoints.dynamodb, credentials, name);
  return {
    environment: environment.name,
    isProduction: environment.name === 'prod',
    catalogue,
    who,
    policies,
    audit: createAuditLog(table(operations.auditTable)),
    clients: createClientRegister(table(operations.clientsTable)),
    keys: createKeyRegister(table(operations.clientsTable)),
    keyPepper: () =>
      readSecret(endpoints.secretsManager, credentials, `gatehouse/${environment.name}/key-pepper`),
    usage: createUsageReader(table(operations.usageTable)),
    faultsOf(policy) {
      const parsed = parseRuntimePolicy(policy);
      return parsed.kind === 'invalid' ? parsed.faults : referenceFaults(parsed.policy, names);
    },
  };
}
