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

/** The environment's key in one region. It comes before, and goes after, everything that is under it. */
class KeyStack extends GatewayStack {
  readonly key: IKey;

  constructor(scope: Construct, id: string, { configuration: { environment }, ...props }: KeyStackProps) {
    super(scope, id, {
      description: "The environment's own key.",
      terminationProtection: isDeletionProtected(environment),
      ...props,
    });
    this.key = new CustomerManagedKey(this, 'CustomerManagedKey', {
      environmentName: environment.name,
      removalPolicy: removalPolicy(environment),
    }).key;
  }
}

/** Gives each region that the stage has stacks in a key, and puts everything that these keep under it. */
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
