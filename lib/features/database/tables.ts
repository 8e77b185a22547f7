import type { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  CfnGlobalTable,
  type ITableV2,
  TableEncryptionV2,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { pinLogicalId } from '../common/logical-id.ts';

export interface TablesProps {
  /** `RETAIN` also protects the tables from deletion. */
  readonly removalPolicy: RemovalPolicy;
  /** DynamoDB refuses to delete the tables. */
  readonly deletionProtection: boolean;
  /** Regions with replicas of the shared tables, each with an existing KMS key. @default - none */
  readonly replicas?: readonly { readonly region: string; readonly keyArn: string }[];
  /** Tables with replicas in all regions. @default - clients and policy audit */
  readonly shared?: readonly SharedTable[];
  /** The first region's tables, and this region's KMS key. @default - this is the first region */
  readonly replicaOf?: { readonly first: Tables; readonly key: IKey };
}

export type SharedTable = 'clients' | 'usage' | 'policyAudit';

/** KMS actions that writing to the tables needs (DynamoDB guide, "Usage notes" of encryption at rest). */
const keyActions = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

const string = (name: string) => ({ name, type: AttributeType.STRING });
const number = (name: string) => ({ name, type: AttributeType.NUMBER });

/**
 * The DynamoDB tables. All are on demand, have point-in-time recovery for 35 days, and are encrypted with one customer managed
 * key, so that access to clients' data can be audited and withdrawn.
 */
export class Tables extends Construct {
  /** Registered API clients. */
  readonly clients: ITableV2;
  readonly #key: IKey;
  /**
   * Requests and bytes of a caller (`clientId` is `user:` or `client:` and a digest) in one month: `2026-11` in UTC, or
   * `2026-11-15` for a month that begins on the 15th. Items expire at `expiresAt`, epoch seconds.
   */
  readonly usage: ITableV2;
  /** Changes of the runtime policy: operator, time and content. */
  readonly policyAudit: ITableV2;
  /** Access log records that metering has counted. Items expire at `expiresAt`, epoch seconds. */
  readonly meteringLedger: ITableV2;
  /** State of orders and reservations, from events. Items expire at `expiresAt`, epoch seconds. */
  readonly businessState: ITableV2;

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id);
    const {
      removalPolicy,
      deletionProtection,
      replicas = [],
      shared = ['clients', 'policyAudit'],
      replicaOf,
    } = props;
    const key = replicaOf?.key ?? this.#makeKey(removalPolicy);
    this.#key = key;
    const replicaKeys = Object.fromEntries(replicas.map(({ region, keyArn }) => [region, keyArn]));

    const table = (
      name: string,
      props: Pick<TablePropsV2, 'partitionKey' | 'sortKey' | 'timeToLiveAttribute'>,
      isShared = false,
    ): ITableV2 => {
      const made = new TableV2(this, name, {
        ...props,
        billing: Billing.onDemand(),
        ...(isShared && replicas.length > 0
          ? {
              encryption: TableEncryptionV2.customerManagedKey(key, replicaKeys),
              replicas: replicas.map(({ region }) => ({ region })),
            }
          : { encryption: TableEncryptionV2.customerManagedKey(key) }),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        deletionProtection,
        removalPolicy,
      });
      pinLogicalId(made, `${name}Table`);
      // The CDK's classes declare optional members less strictly than their interfaces, under our compiler options.
      return made as ITableV2;
    };
    const sharedTable = (member: SharedTable, name: string, props: Parameters<typeof table>[1]): ITableV2 => {
      if (!shared.includes(member)) return table(name, props);
      return replicaOf === undefined
        ? table(name, props, true)
        : TableV2.fromTableName(this, name, replicaOf.first.nameOf(member));
    };
    this.clients = sharedTable('clients', 'Clients', { partitionKey: string('clientId') });
    this.usage = sharedTable('usage', 'Usage', {
      partitionKey: string('clientId'),
      sortKey: string('month'),
      timeToLiveAttribute: 'expiresAt',
    });
    this.policyAudit = sharedTable('policyAudit', 'PolicyAudit', {
      partitionKey: string('document'),
      sortKey: string('changedAt'),
    });
    this.meteringLedger = table('MeteringLedger', {
      partitionKey: string('id'),
      sortKey: number('page'),
      timeToLiveAttribute: 'expiresAt',
    });
    this.businessState = table('BusinessState', {
      partitionKey: string('id'),
      sortKey: string('part'),
      timeToLiveAttribute: 'expiresAt',
    });
  }

  /** Name of a table; its replicas have the same name in every region. */
  nameOf(table: SharedTable): string {
    const made = this[table].node.defaultChild;
    // Not the L2's `tableName`: between regions it needs an explicit name, and CloudFormation generates this one.
    if (made instanceof CfnGlobalTable) return made.ref;
    throw new Error(`The table ${table} is itself a replica.`);
  }

  #makeKey(removalPolicy: RemovalPolicy): Key {
    const key = new Key(this, 'Key', {
      description: "The gateway's tables: clients, usage and policy audit.",
      enableKeyRotation: true,
      removalPolicy,
    });
    pinLogicalId(key, 'TablesKey');
    return key;
  }

  /** Allows the grantee to read one client or key by name, without scans or queries. */
  grantReadClient(grantee: IGrantable): void {
    this.clients.grant(grantee, 'dynamodb:GetItem');
    this.#key.grantDecrypt(grantee);
  }

  /** Allows the grantee to read the usage of one caller in one month, without scans or queries. */
  grantReadUsage(grantee: IGrantable): void {
    this.usage.grant(grantee, 'dynamodb:GetItem');
    this.#key.grantDecrypt(grantee);
  }

  /** Allows the grantee to add records to the usage of callers. */
  grantMetering(grantee: IGrantable): void {
    this.usage.grant(grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    this.meteringLedger.grant(grantee, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
    this.#key.grant(grantee, ...keyActions);
  }

  /** Allows the grantee to store the state of orders and reservations. */
  grantBusinessState(grantee: IGrantable): void {
    this.businessState.grant(
      grantee,
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    );
    this.#key.grant(grantee, ...keyActions);
  }
}
