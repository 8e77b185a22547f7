import { Duration, type RemovalPolicy, type StackProps } from 'aws-cdk-lib';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { IssuerPolicy } from '../../runtime/contracts/gateway-contract.ts';
import { partnerProofName } from '../compile/partner-proof-name.ts';
import { tokenSecretName } from '../compile/token-secret-name.ts';
import { webhookSecretName } from '../compile/webhook-settings.ts';
import {
  brokerCount,
  brokerZonesOf,
  type Configuration,
  capacityProfile,
  databaseCapacity,
  pollersUseNatGateway,
} from '../config/index.ts';
import { KeyPepper } from '../features/auth/key-pepper.ts';
import { TokenSecret } from '../features/auth/token-secret.ts';
import { ShopUserPool } from '../features/auth/user-pool.ts';
import { LogBucket } from '../features/common/log-bucket.ts';
import { Backups } from '../features/database/backups.ts';
import { Database } from '../features/database/database.ts';
import { type DatabaseAccess, existingDatabase } from '../features/database/database-access.ts';
import { DatabaseUser, replicaSecret } from '../features/database/database-user.ts';
import type { GlobalDatabaseMembership } from '../features/database/global-database.ts';
import { Tables } from '../features/database/tables.ts';
import { OriginSecret } from '../features/edge/origin-secret.ts';
import { type EventsAccess, existingEvents } from '../features/events/events-access.ts';
import { ProvisionedBrokers } from '../features/events/provisioned-brokers.ts';
import { ServerlessBrokers } from '../features/events/serverless-brokers.ts';
import type { Bundles } from '../features/functions/bundles.ts';
import { existingLimitStore, type LimitStoreAccess } from '../features/limit-store/limit-store-access.ts';
import { ValkeyCache } from '../features/limit-store/valkey-cache.ts';
import { ValkeyNodes } from '../features/limit-store/valkey-nodes.ts';
import { meteringTimeout } from '../features/metering/metering.ts';
import { MeteringQueues } from '../features/metering/metering-queues.ts';
import { PartnerProof } from '../features/partner-api/partner-proof.ts';
import { ImageRepository } from '../features/services/image-repository.ts';
import { WebhookFallbackQueue } from '../features/webhooks/fallback-queue.ts';
import { drainTimeout } from '../features/webhooks/webhook-ingestion.ts';
import { WebhookSecret } from '../features/webhooks/webhook-secret.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { isDeletionProtected, keepsData, logRetention, removalPolicy } from './settings.ts';

export interface DataStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
  readonly network: NetworkStack;
  /** Regions with replicas of what is kept here, each with its key of the tables. @default - none */
  readonly replicas?: readonly { readonly region: string; readonly tablesKey: IKey }[];
  /** Of what this region keeps replicas, and its key of the tables. @default - this is the first region */
  readonly replicaOf?: { readonly first: DataStack; readonly tablesKey: IKey };
}

/** Everything that keeps state, and nothing that does not. */
export class DataStack extends GatewayStack {
  readonly limitStore: LimitStoreAccess;
  readonly tables: Tables;
  readonly originSecret: ISecret;
  readonly originSecretName: string;
  readonly keyPepper: ISecret;
  readonly keyPepperName: string;
  /** What clients that sign their own tokens do so with. */
  readonly tokenSecrets: readonly ISecret[];
  /** What the senders of webhooks sign with. */
  readonly webhookSecrets: readonly ISecret[];
  /** Where webhooks wait while the event log is away. */
  readonly webhookFallback: WebhookFallbackQueue;
  /** Where lines of the access log wait while somebody is away. */
  readonly meteringQueues: MeteringQueues;
  /** Issuers that are made here: none where the environment names one that is there. */
  readonly deployedIssuers: readonly IssuerPolicy[];
  readonly shopImages: IRepository;
  readonly accessLogs: IBucket;
  readonly events: EventsAccess;
  readonly database: DatabaseAccess;
  /** Of a database of several regions; undefined where there is none. */
  readonly databaseUser: ISecret | undefined;

  constructor(
    scope: Construct,
    id: string,
    { configuration, network, bundles, replicas = [], replicaOf, ...props }: DataStackProps,
  ) {
    const { environment } = configuration;
    super(scope, id, {
      description: "The gateway's data: store, events, tables, secret, images and access logs.",
      terminationProtection: isDeletionProtected(environment),
      ...props,
    });
    const name = `gatehouse-${environment.name}`;
    const keep = { removalPolicy: removalPolicy(environment) };
    const keepProtected = { ...keep, deletionProtection: isDeletionProtected(environment) };
    const { vpc, securityGroups } = network;

    this.limitStore = this.#limitStore(environment, network);

    this.events = this.#events(configuration, network, bundles);

    const global = this.#globalDatabase(environment, replicas, replicaOf?.first);
    this.databaseUser = global?.user;
    this.database =
      environment.database.kind === 'existing'
        ? existingDatabase(environment.database.url)
        : new Database(this, 'Database', {
            ...keepProtected,
            name,
            vpc,
            securityGroup: securityGroups.database,
            ...databaseCapacity(environment),
            ...(global === undefined ? {} : { global }),
          });

    this.tables = new Tables(this, 'Tables', {
      ...keepProtected,
      replicas: replicas.map(({ region, tablesKey }) => ({ region, keyArn: tablesKey.keyArn })),
      // Two regions that count at once would overwrite each other's sums: what is written last stays.
      shared:
        environment.regionRouting === 'failover'
          ? ['clients', 'usage', 'policyAudit']
          : ['clients', 'policyAudit'],
      ...(replicaOf === undefined
        ? {}
        : { replicaOf: { first: replicaOf.first.tables, key: replicaOf.tablesKey } }),
    });
    const replicaRegions = replicas.map(({ region }) => region);
    const secret = (
      id: string,
      name: string,
      make: (props: SecretSettings) => { readonly secret: ISecret },
    ) =>
      replicaOf === undefined
        ? make({ ...keep, name, replicaRegions }).secret
        : // A replica has the name of the first region's secret.
          Secret.fromSecretNameV2(this, id, name);
    this.originSecretName = `gatehouse/${environment.name}/origin-secret`;
    this.originSecret = secret(
      'OriginSecret',
      this.originSecretName,
      (made) => new OriginSecret(this, 'OriginSecret', made),
    );
    secret(
      'PartnerProof',
      partnerProofName(environment.name),
      (made) => new PartnerProof(this, 'PartnerProof', made),
    );
    this.keyPepperName = `gatehouse/${environment.name}/key-pepper`;
    this.keyPepper = secret(
      'KeyPepper',
      this.keyPepperName,
      (made) => new KeyPepper(this, 'KeyPepper', made),
    );
    this.tokenSecrets = environment.otherIssuers.flatMap((issuer) => {
      if (issuer.kind !== 'hmac') return [];
      const { clientId } = issuer;
      const id = `TokenSecret-${clientId}`;
      return [
        secret(
          id,
          tokenSecretName(environment.name, clientId),
          (made) => new TokenSecret(this, id, { ...made, clientId }),
        ),
      ];
    });
    this.webhookSecrets = Object.keys(configuration.catalogue.webhooks).map((sender) => {
      const id = `WebhookSecret-${sender}`;
      return secret(
        id,
        webhookSecretName(environment.name, sender),
        (made) => new WebhookSecret(this, id, { ...made, sender }),
      );
    });
    this.webhookFallback = new WebhookFallbackQueue(this, 'WebhookFallback', { ...keep, drainTimeout });
    this.meteringQueues = new MeteringQueues(this, 'MeteringQueues', {
      ...keep,
      functionTimeout: meteringTimeout,
    });
    this.deployedIssuers =
      environment.identity.kind === 'cognito' ? [this.#userPool(configuration, environment.identity)] : [];
    this.shopImages = new ImageRepository(this, 'ShopImages', {
      ...keep,
      name: `${name}-shop`,
    }).repository;
    this.accessLogs = new LogBucket(this, 'AccessLogs', {
      ...keep,
      logicalId: 'AccessLogs',
      retentionDays: environment.logs.retentionDays,
    }).bucket;
    if (keepsData(environment)) {
      new Backups(this, 'Backups', { name, resourceArns: this.#backedUpResources(replicaOf === undefined) });
    }
  }

  /** What cannot be made anew. A replica is copied where its first is. */
  #backedUpResources(isFirst: boolean): string[] {
    const { clients, usage, policyAudit } = this.tables;
    const tables = [clients, usage, policyAudit].filter((table) => table instanceof TableV2);
    const databases = isFirst && this.database instanceof Database ? [this.database.clusterArn] : [];
    return [...tables.map(({ tableArn }) => tableArn), ...databases];
  }

  /** The cluster's part in the database of all regions, where there are several and it is made here. */
  #globalDatabase(
    environment: Configuration['environment'],
    replicas: NonNullable<DataStackProps['replicas']>,
    first: DataStack | undefined,
  ): GlobalDatabaseMembership | undefined {
    if (environment.database.kind !== 'aurora') return undefined;
    const identifier = `gatehouse-${environment.name}-global`;
    if (first?.databaseUser !== undefined) {
      // The global database must be there, which no reference says.
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

  #limitStore(
    environment: Configuration['environment'],
    { vpc, securityGroups }: NetworkStack,
  ): LimitStoreAccess {
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
    return new ShopUserPool(this, 'UserPool', {
      domainPrefix,
      mfa,
      applications,
      permissions: [...new Set(permissions)].sort(),
      accessTokenLifetime: Duration.minutes(accessTokenMinutes),
      removalPolicy: removalPolicy(environment),
      deletionProtection: isDeletionProtected(environment),
    }).issuer;
  }
}

interface SecretSettings {
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  readonly replicaRegions: readonly string[];
}

type CognitoIdentity = Extract<Configuration['environment']['identity'], { kind: 'cognito' }>;
