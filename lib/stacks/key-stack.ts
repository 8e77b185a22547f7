import { Aspects, Stack, type StackProps, type Stage } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Configuration } from '../config/index.ts';
import { CustomerManagedKey, CustomerManagedKeyAspect } from '../features/common/customer-managed-key.ts';
import { GatewayStack } from './gateway-stack.ts';
import { isDeletionProtected, removalPolicy } from './settings.ts';

export interface KeyStackProps extends StackProps {
  readonly configuration: Configuration;
}

/** The environment's KMS key in one region. It is created before everything that it encrypts, and deleted after it. */
class KeyStack extends GatewayStack {
  readonly key: IKey;

  constructor(scope: Construct, id: string, { configuration: { environment }, ...props }: KeyStackProps) {
    super(scope, id, {
      description: "The environment's customer managed key.",
      terminationProtection: isDeletionProtected(environment),
      ...props,
    });
    this.key = new CustomerManagedKey(this, 'CustomerManagedKey', {
      environmentName: environment.name,
      removalPolicy: removalPolicy(environment),
    }).key;
  }
}

/** Creates a KMS key in each region of the stage, and encrypts everything in its stacks with it. */
export function applyCustomerManagedKeys(stage: Stage, configuration: Configuration): void {
  const { name, account, region: home } = configuration.environment;
  const regions = new Set(stage.node.children.filter(Stack.isStack).map(({ region }) => region));
  const keys = new Map(
    [...regions].map((region) => {
      const suffix = region === home ? '' : `-${region}`;
      const { key } = new KeyStack(stage, `Key${suffix}`, {
        configuration,
        env: { region, ...(account === undefined ? {} : { account }) },
        stackName: `gatehouse-${name}-key${suffix}`,
      });
      return [region, key];
    }),
  );
  Aspects.of(stage).add(new CustomerManagedKeyAspect((region) => keys.get(region)));
}
