import { RemovalPolicy } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Catalogue, Environment, FargateService } from '../config/index.ts';

/** Whether data outlives its stack, and stacks refuse to be deleted. */
export function keepsData(environment: Environment): boolean {
  return environment.data === 'retain';
}

export function removalPolicy(environment: Environment): RemovalPolicy {
  return keepsData(environment) ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}

/** How long logs are kept; the configuration allows only what CloudWatch Logs offers. */
export function logRetention(environment: Environment): RetentionDays {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum's values are the days themselves
  return environment.logs.retentionDays;
}

/** The services that run here as containers, in the catalogue's order. */
export function fargateServices(catalogue: Catalogue): [name: string, service: FargateService][] {
  return Object.entries(catalogue.services).flatMap(([name, service]) =>
    service.kind === 'fargate' ? [[name, service]] : [],
  );
}
