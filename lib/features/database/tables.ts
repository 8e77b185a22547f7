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
  /** Regions that get replicas of the shared tables, each under a key that is there. @default - none */
  readonly replicas?: readonly { readonly region: string; readonly keyArn: string }[];
  /** Tables that all regions share. @default - those of who is a client and what was changed */
  readonly shared?: readonly SharedTable[];
  /** The first region's tables, and this region's key. @default - these are the first region's */
  readonly replicaOf?: { readonly first: Tables; readonly key: IKey };
}

export type SharedTable = 'clients' | 'usage' | 'policyAudit';

/** What writing under our key takes (DynamoDB guide, "Usage notes" of encryption at rest), one by one. */
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
 * What must outlive the cache. All are on demand, restorable to any second of the last 35 days, and encrypted
 * with one key of our own, so that access to clients' data can be audited and withdrawn.
 */
export class Tables extends Construct {
  /** Registered API clients. */
  readonly clients: ITableV2;
  readonly #key: IKey;
  /**
   * Requests and bytes of whom the store counts (`clientId` is `user:` or `client:` and a digest) in one month: `2026-11`
   * in UTC, or `2026-11-15` for a month that begins on the 15th. Items expire at `expiresAt`, epoch seconds.
   */
  readonly usage: ITableV2;
  /** Who changed which policy document, when and to what. */
  readonly policyAudit: ITableV2;
  /** Which records of the access log have been counted. Items expire at `expiresAt`, epoch seconds. */
  readonly meteringLedger: ITableV2;
  /** What has been heard of orders and reservations. Items expire at `expiresAt`, epoch seconds. */
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
      // The CDK's classes declare optional members more loosely than their interfaces under our compiler options.
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

  /** What a table of these is called, in every region that has a replica of it. */
  nameOf(table: SharedTable): string {
    const made = this[table].node.defaultChild;
    // Not the L2's `tableName`: between regions that asks for a name that was given, and CloudFormation gives this one.
    if (made instanceof CfnGlobalTable) return made.ref;
    throw new Error(`The table ${table} is itself a replica.`);
  }

  #makeKey(removalPolicy: RemovalPolicy): Key {
    const key = new Key(this, 'Key', {
      description: "The gateway's tables: clients, usage and the audit of policies.",
      enableKeyRotation: true,
      removalPolicy,
    });
    pinLogicalId(key, 'TablesKey');
    return key;
  }

  /** Lets the grantee read one client or key by its name, and no more. */
  grantReadClient(grantee: IGrantable): void {
    this.clients.grant(grantee, 'dynamodb:GetItem');
    this.#key.grantDecrypt(grantee);
  }

  /** Lets the grantee read what one caller has used in one month, and no more. */
  grantReadUsage(grantee: IGrantable): void {
    this.usage.grant(grantee, 'dynamodb:GetItem');
    this.#key.grantDecrypt(grantee);
  }

  /** Lets the grantee count records into the months of callers. */
  grantMetering(grantee: IGrantable): void {
    this.usage.grant(grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    this.meteringLedger.grant(grantee, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
    this.#key.grant(grantee, ...keyActions);
  }

  /** Lets the grantee keep what it hears of orders and reservations. */
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
