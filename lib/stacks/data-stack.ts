import { CfnOutput, Duration, type StackProps } from 'aws-cdk-lib';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { IssuerPolicy } from '../../runtime/contracts/gateway-contract.ts';
import {
  brokerCount,
  brokerZonesOf,
  type Configuration,
  capacityProfile,
  databaseCapacity,
  type Environment,
  pollersUseNatGateway,
} from '../config/index.ts';
import { ShopUserPool } from '../features/auth/user-pool.ts';
import { LogBucket } from '../features/common/log-bucket.ts';
import { Backups } from '../features/database/backups.ts';
import { Database } from '../features/database/database.ts';
import { type DatabaseAccess, existingDatabase } from '../features/database/database-access.ts';
import { DatabaseUser, replicaSecret } from '../features/database/database-user.ts';
import type { GlobalDatabaseMembership } from '../features/database/global-database.ts';
import { Tables } from '../features/database/tables.ts';
import { type EventsAccess, existingEvents } from '../features/events/events-access.ts';
import { ProvisionedBrokers } from '../features/events/provisioned-brokers.ts';
import { ServerlessBrokers } from '../features/events/serverless-brokers.ts';
import type { Bundles } from '../features/functions/bundles.ts';
import { existingLimitStore, type LimitStoreAccess } from '../features/limit-store/limit-store-access.ts';
import { ValkeyCache } from '../features/limit-store/valkey-cache.ts';
import { ValkeyNodes } from '../features/limit-store/valkey-nodes.ts';
import { meteringTimeout } from '../features/metering/metering.ts';
import { MeteringQueues } from '../features/metering/metering-queues.ts';
import { ImageRepository } from '../features/services/image-repository.ts';
import { WebhookFallbackQueue } from '../features/webhooks/fallback-queue.ts';
import { drainTimeout } from '../features/webhooks/webhook-ingestion.ts';
import { type EnvironmentSecrets, environmentSecrets } from './environment-secrets.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { isDeletionProtected, keepsData, logRetention, removalPolicy } from './settings.ts';

export interface DataStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
  readonly network: NetworkStack;
  /** Further regions with replicas of the data, each with its KMS key of the tables. @default - none */
  readonly replicas?: readonly { readonly region: string; readonly tablesKey: IKey }[];
  /** The first region's data, and this region's KMS key of the tables. @default - this is the first region */
  readonly replicaOf?: { readonly first: DataStack; readonly tablesKey: IKey };
}

/** All resources that keep state: limit store, MSK cluster, database, tables, secrets, queues, images and access logs. */
export class DataStack extends GatewayStack {
  readonly limitStore: LimitStoreAccess;
  readonly tables: Tables;
  readonly secrets: EnvironmentSecrets;
  /** Queue of the webhooks that are received while the event log is unavailable. */
  readonly webhookFallback: WebhookFallbackQueue;
  /** Queues of the access log lines that are received while a dependency of metering is unavailable. */
  readonly meteringQueues: MeteringQueues;
  /** Token issuers that this stack deploys; empty where the environment names an existing issuer. */
  readonly deployedIssuers: readonly IssuerPolicy[];
  readonly shopImages: IRepository;
  readonly accessLogs: IBucket;
  readonly events: EventsAccess;
  readonly database: DatabaseAccess;
  /** The master user of a global database; undefined for a database in one region. */
  readonly databaseUser: ISecret | undefined;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    const { configuration, network, bundles, replicas = [], replicaOf } = props;
    const { environment } = configuration;
    super(scope, id, {
      description:
        "The gateway's data: limit store, events, database, tables, secrets, images and access logs.",
      terminationProtection: isDeletionProtected(environment),
      ...props,
    });
    const name = `gatehouse-${environment.name}`;
    const retention = { removalPolicy: removalPolicy(environment) };

    this.limitStore = this.#limitStore(environment, network);
    this.events = this.#events(configuration, network, bundles);
    const globalDatabase = this.#globalDatabase(environment, replicas, replicaOf?.first);
    this.databaseUser = globalDatabase?.user;
    this.database = this.#database(environment, network, globalDatabase);
    this.tables = this.#tables(props);
    this.secrets = environmentSecrets(this, {
      configuration,
      replicaRegions: replicas.map(({ region }) => region),
      isReplica: replicaOf !== undefined,
    });
    this.webhookFallback = new WebhookFallbackQueue(this, 'WebhookFallback', { ...retention, drainTimeout });
    this.meteringQueues = new MeteringQueues(this, 'MeteringQueues', {
      ...retention,
      functionTimeout: meteringTimeout,
    });
    this.deployedIssuers =
      environment.identity.kind === 'cognito' ? [this.#userPool(configuration, environment.identity)] : [];
    this.shopImages = new ImageRepository(this, 'ShopImages', {
      ...retention,
      name: `${name}-shop`,
    }).repository;
    this.accessLogs = new LogBucket(this, 'AccessLogs', {
      ...retention,
      logicalId: 'AccessLogs',
      retentionDays: environment.logs.retentionDays,
    }).bucket;
    if (keepsData(environment)) {
      new Backups(this, 'Backups', { name, resourceArns: this.#backedUpResources(replicaOf === undefined) });
    }
  }

  /** ARNs of the data that cannot be recreated. The backup of the first region covers the replicas. */
  #backedUpResources(isFirst: boolean): string[] {
    const { clients, usage, policyAudit } = this.tables;
    const tables = [clients, usage, policyAudit].filter((table) => table instanceof TableV2);
    const databases = isFirst && this.database instanceof Database ? [this.database.clusterArn] : [];
    return [...tables.map(({ tableArn }) => tableArn), ...databases];
  }

  #database(
    environment: Environment,
    { vpc, securityGroups }: NetworkStack,
    global: GlobalDatabaseMembership | undefined,
  ): DatabaseAccess {
    if (environment.database.kind === 'existing') return existingDatabase(environment.database.url);
    return new Database(this, 'Database', {
      name: `gatehouse-${environment.name}`,
      vpc,
      securityGroup: securityGroups.database,
      ...databaseCapacity(environment),
      ...(global === undefined ? {} : { global }),
      removalPolicy: removalPolicy(environment),
      deletionProtection: isDeletionProtected(environment),
    });
  }

  #tables({ configuration: { environment }, replicas = [], replicaOf }: DataStackProps): Tables {
    return new Tables(this, 'Tables', {
      removalPolicy: removalPolicy(environment),
      deletionProtection: isDeletionProtected(environment),
      replicas: replicas.map(({ region, tablesKey }) => ({ region, keyArn: tablesKey.keyArn })),
      // DynamoDB keeps the last write: two regions that both count usage would overwrite each other's sums.
      shared:
        environment.regionRouting === 'failover'
          ? ['clients', 'usage', 'policyAudit']
          : ['clients', 'policyAudit'],
      ...(replicaOf === undefined
        ? {}
        : { replicaOf: { first: replicaOf.first.tables, key: replicaOf.tablesKey } }),
    });
  }

  /** The Aurora cluster's role in the global database; undefined with one region or with an existing database. */
  #globalDatabase(
    environment: Environment,
    replicas: NonNullable<DataStackProps['replicas']>,
    first: DataStack | undefined,
  ): GlobalDatabaseMembership | undefined {
    if (environment.database.kind !== 'aurora') return undefined;
    const identifier = `gatehouse-${environment.name}-global`;
    if (first?.databaseUser !== undefined) {
      // The global database must exist first, and no reference expresses that.
      this.addStackDependency(first);
      const user = replicaSecret(this, 'DatabaseUser', first.databaseUser);
      return { role: 'secondary', identifier, firstRegion: first.region, user };
    }
    if (replicas.length === 0) return undefined;
    const { secret } = new DatabaseUser(this, 'DatabaseUser', {
      name: `gatehouse/${environment.name}/database-user`,
      removalPolicy: removalPolicy(environment),
      replicaRegions: replicas.map(({ region }) => region),
    });
    return { role: 'primary', identifier, user: secret };
  }

  #limitStore(environment: Environment, { vpc, securityGroups }: NetworkStack): LimitStoreAccess {
    const { limitStore: store } = environment;
    if (store.kind === 'existing') return existingLimitStore(store.url);
    const figures = capacityProfile(environment).limitStore;
    const props = {
      name: `gatehouse-${environment.name}`,
      vpc,
      securityGroup: securityGroups.limitStore,
      removalPolicy: removalPolicy(environment),
    };
    if (store.kind === 'nodes') {
      return new ValkeyNodes(this, 'LimitStore', {
        ...props,
        nodeType: store.nodeType,
        shards: store.shards ?? figures.shards,
        replicasPerShard: store.replicasPerShard ?? figures.replicasPerShard,
      });
    }
    return new ValkeyCache(this, 'LimitStore', {
      ...props,
      maxStorageGb: store.maxStorageGb ?? figures.maxStorageGb,
      maxEcpuPerSecond: store.maxEcpuPerSecond ?? figures.maxEcpuPerSecond,
    });
  }

  #events(
    { catalogue, environment }: Configuration,
    { vpc, securityGroups }: NetworkStack,
    bundles: Bundles,
  ): EventsAccess {
    const { events } = environment;
    if (events.kind === 'existing') return existingEvents(events.url);
    const props = {
      name: `gatehouse-${environment.name}`,
      vpc,
      subnetType: pollersUseNatGateway(environment)
        ? SubnetType.PRIVATE_WITH_EGRESS
        : SubnetType.PRIVATE_ISOLATED,
      securityGroup: securityGroups.events,
      topics: catalogue.topics,
      logRetention: logRetention(environment),
      removalPolicy: removalPolicy(environment),
    };
    if (events.kind === 'serverless') {
      const topicsCode = bundles.lambda('topics');
      return new ServerlessBrokers(this, 'Events', {
        ...props,
        topicsCode,
        topicsSecurityGroup: securityGroups.functions.topics,
      }).access;
    }
    const { brokerType, kafkaVersion } = events;
    const brokers = brokerCount(environment);
    const storage =
      events.kind === 'express' ? {} : { storage: { gb: events.storageGb, maxGb: events.maxStorageGb } };
    return new ProvisionedBrokers(this, 'Events', {
      ...props,
      ...storage,
      zones: brokerZonesOf(environment),
      brokerType,
      brokers,
      kafkaVersion,
    }).access;
  }

  #userPool(
    { catalogue, environment }: Configuration,
    { domainPrefix, mfa, applications, accessTokenMinutes }: CognitoIdentity,
  ): IssuerPolicy {
    const routes = Object.values(catalogue.routes);
    const permissions = routes.flatMap(({ access }) => (access.includes(':') ? [access] : []));
    const users = new ShopUserPool(this, 'UserPool', {
      domainPrefix,
      mfa,
      applications,
      permissions: [...new Set(permissions)].sort(),
      accessTokenLifetime: Duration.minutes(accessTokenMinutes),
      removalPolicy: removalPolicy(environment),
      deletionProtection: isDeletionProtected(environment),
    });
    new CfnOutput(this, 'UserPoolId', { description: 'User pool of the shop.', value: users.userPoolId });
    return users.issuer;
  }
}

type CognitoIdentity = Extract<Environment['identity'], { kind: 'cognito' }>;
