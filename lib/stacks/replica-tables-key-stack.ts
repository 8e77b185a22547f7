import type { StackProps } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Configuration } from '../config/index.ts';
import { GatewayStack } from './gateway-stack.ts';
import { isDeletionProtected, removalPolicy } from './settings.ts';

export interface ReplicaTablesKeyStackProps extends StackProps {
  readonly configuration: Configuration;
}

/** The KMS key of the tables in a further region. It exists before the first region creates the replicas. */
export class ReplicaTablesKeyStack extends GatewayStack {
  readonly tablesKey: IKey;

  constructor(scope: Construct, id: string, { configuration, ...props }: ReplicaTablesKeyStackProps) {
    const { environment } = configuration;
    super(scope, id, {
      description: "The KMS key of the gateway's tables in this region.",
      terminationProtection: isDeletionProtected(environment),
      ...props,
    });
    this.tablesKey = new Key(this, 'TablesKey', {
      description: "The gateway's tables in this region: clients, usage and policy audit.",
      enableKeyRotation: true,
      removalPolicy: removalPolicy(environment),
    });
  }
}
