import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  TableEncryptionV2,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { pinLogicalId } from './logical-id.ts';

export interface TablesProps {
  /** `RETAIN` also protects the tables from deletion. */
  readonly removalPolicy: RemovalPolicy;
}

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
  readonly clients: TableV2;
  readonly #key: Key;
  /**
   * Requests and bytes of whom the store counts (`clientId` is `user:` or `client:` and a digest) in one month: `2026-11`
   * in UTC, or `2026-11-15` for a month that begins on the 15th. Items expire at `expiresAt`, epoch seconds.
   */
  readonly usage: TableV2;
  /** Who changed which policy document, when and to what. */
  readonly policyAudit: TableV2;
  /** Which records of the access log have been counted. Items expire at `expiresAt`, epoch seconds. */
  readonly meteringLedger: TableV2;
  /** What has been heard of orders and reservations. Items expire at `expiresAt`, epoch seconds. */
  readonly businessState: TableV2;

  constructor(scope: Construct, id: string, { removalPolicy }: TablesProps) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      description: "The gateway's tables: clients, usage and the audit of policies.",
      enableKeyRotation: true,
      removalPolicy,
    });
    pinLogicalId(key, 'TablesKey');
    this.#key = key;

    const table = (
      name: string,
      props: Pick<TablePropsV2, 'partitionKey' | 'sortKey' | 'timeToLiveAttribute'>,
    ) => {
      const made = new TableV2(this, name, {
        ...props,
        billing: Billing.onDemand(),
        encryption: TableEncryptionV2.customerManagedKey(key),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
        removalPolicy,
      });
      pinLogicalId(made, `${name}Table`);
      return made;
    };
    this.clients = table('Clients', { partitionKey: string('clientId') });
    this.usage = table('Usage', {
      partitionKey: string('clientId'),
      sortKey: string('month'),
      timeToLiveAttribute: 'expiresAt',
    });
    this.policyAudit = table('PolicyAudit', {
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
  grantMeter(grantee: IGrantable): void {
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
