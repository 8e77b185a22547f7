import { type Catalogue, canaryName } from '../config/index.ts';
import { loadBalancedServices } from './load-balanced-services.ts';

/**
 * Where a log group is defined. CloudFormation generates its physical name from the stack's name and the logical id
 * ("Name type", CloudFormation user guide), so these two find it.
 */
export interface LogGroupLocation {
  /** Name of the stack, without `gatehouse-` and the environment. */
  readonly stack: string;
  /** Logical id, without the digest at its end. */
  readonly logicalId: string;
}

const functionsAndApis: Readonly<Record<string, LogGroupLocation>> = {
  'public-api': { stack: 'api', logicalId: 'PublicApiAccessLogs' },
  'partner-api': { stack: 'partner', logicalId: 'PartnerApiAccessLogs' },
  auth: { stack: 'api', logicalId: 'AuthLogs' },
  aggregation: { stack: 'api', logicalId: 'AggregationLogs' },
  revocation: { stack: 'api', logicalId: 'RevocationLogs' },
  webhooks: { stack: 'api', logicalId: 'WebhooksReceiverLogs' },
  'webhook-drain': { stack: 'api', logicalId: 'WebhooksDrainLogs' },
  'partner-origin': { stack: 'partner', logicalId: 'OriginAuthorizerLogs' },
  metering: { stack: 'events', logicalId: 'MeteringFunctionLogs' },
  events: { stack: 'events', logicalId: 'BusinessFunctionLogs' },
  'origin-rotation': { stack: 'origin-secret-rotation', logicalId: 'OriginSecretRotationLogs' },
  'policy-validator': { stack: 'policy', logicalId: 'PolicyValidatorLogs' },
  'partner-plans': { stack: 'policy', logicalId: 'UsagePlanSyncFunctionLogs' },
};

/** Log groups of functions, services and access logs, by the names that alarms, dashboard and runbooks use. */
export function logGroups(catalogue: Catalogue): ReadonlyMap<string, LogGroupLocation> {
  const services = loadBalancedServices(catalogue).flatMap(([name, service]) => {
    if (service.kind !== 'fargate') return [];
    const stack = `service-${name}`;
    const stable = [name, { stack, logicalId: 'StableTaskLogs' }] as const;
    const canary = [canaryName(name), { stack, logicalId: 'CanaryTaskLogs' }] as const;
    return service.canary === undefined ? [stable] : [stable, canary];
  });
  return new Map([...Object.entries(functionsAndApis), ...services]);
}
