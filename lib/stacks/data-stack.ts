import { Duration, type RemovalPolicy, type StackProps } from 'aws-cdk-lib';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { IssuerPolicy } from '../../lambda/shared/contract.ts';
import type { Bundles } from '../bundles.ts';
import { brokersOf, type Configuration, databaseFigures, figuresOf } from '../config/index.ts';
import { Backups } from '../constructs/backups.ts';
import { Database } from '../constructs/database.ts';
import { type DatabaseAccess, existingDatabase } from '../constructs/database-access.ts';
import { DatabaseUser, replicatedSecret } from '../constructs/database-user.ts';
import { type EventsAccess, existingEvents } from '../constructs/events-access.ts';
import type { GlobalMembership } from '../constructs/global-database.ts';
import { ImageRepository } from '../constructs/image-repository.ts';
import { KeyPepper } from '../constructs/key-pepper.ts';
import { LogBucket } from '../constructs/log-bucket.ts';
import { meteringTimeout } from '../constructs/metering.ts';
import { MeteringQueues } from '../constructs/metering-queues.ts';
import { OriginSecret } from '../constructs/origin-secret.ts';
import { PartnerProof } from '../constructs/partner-proof.ts';
import { ProvisionedBrokers } from '../constructs/provisioned-brokers.ts';
import { ServerlessBrokers } from '../constructs/serverless-brokers.ts';
import { existingStore, type StoreAccess } from '../constructs/store-access.ts';
import { Tables } from '../constructs/tables.ts';
import { TokenSecret } from '../constructs/token-secret.ts';
import { StoreUserPool } from '../constructs/user-pool.ts';
import { ValkeyCache } from '../constructs/valkey-cache.ts';
import { ValkeyNodes } from '../constructs/valkey-nodes.ts';
import { WebhookFallback } from '../constructs/webhook-fallback.ts';
import { WebhookSecret } from '../constructs/webhook-secret.ts';
import { drainTimeout } from '../constructs/webhooks.ts';
import { partnerProofName } from '../partner-proof-name.ts';
import { tokenSecretName } from '../token-secret-name.ts';
import { webhookSecretName } from '../webhooks.ts';
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
  readonly store: StoreAccess;
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
  readonly webhookFallback: WebhookFallback;
  /** Where lines of the access log wait while somebody is away. */
  readonly meteringQueues: MeteringQueues;
  /** Issuers that are made here: none where the environment names one that is there. */
  readonly madeIssuers: readonly IssuerPolicy[];
  readonly storeImages: IRepository;
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

    this.store = this.#store(environment, network);

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
            ...databaseFigures(environment),
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
    const secret = (id: string, name: string, make: (props: MadeSecret) => { readonly secret: ISecret }) =>
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
    this.webhookFallback = new WebhookFallback(this, 'WebhookFallback', { ...keep, drainTimeout });
    this.meteringQueues = new MeteringQueues(this, 'MeteringQueues', {
      ...keep,
      functionTimeout: meteringTimeout,
    });
    this.madeIssuers =
      environment.identity.kind === 'cognito' ? [this.#userPool(configuration, environment.identity)] : [];
    this.storeImages = new ImageRepository(this, 'StoreImages', {
      ...keep,
      name: `${name}-store`,
    }).repository;
    this.accessLogs = new LogBucket(this, 'AccessLogs', {
      ...keep,
      logicalId: 'AccessLogs',
      retentionDays: environment.logs.retentionDays,
    }).bucket;
    if (keepsData(environment)) {
      new Backups(this, 'Backups', { name, resourceArns: this.#lasting(replicaOf === undefined) });
    }
  }

  /** What cannot be made anew. A replica is copied where its first is. */
  #lasting(isFirst: boolean): string[] {
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
  ): GlobalMembership | undefined {
    if (environment.database.kind !== 'aurora') return undefined;
    const identifier = `gatehouse-${environment.name}-global`;
    if (first?.databaseUser !== undefined) {
      // The global database must be there, which no reference says.
      this.addStackDependency(first);
      const user = replicatedSecret(this, 'DatabaseUser', first.databaseUser);
      return { part: 'further', identifier, firstRegion: first.region, user };
    }
    if (replicas.length === 0) return undefined;
    const { secret } = new DatabaseUser(this, 'DatabaseUser', {
      name: `gatehouse/${environment.name}/database-user`,
      removalPolicy: removalPolicy(environment),
      replicaRegions: replicas.map(({ region }) => region),
    });
    return { part: 'first', identifier, user: secret };
  }

  #store(environment: Configuration['environment'], { vpc, securityGroups }: NetworkStack): StoreAccess {
    const { store } = environment;
    if (store.kind === 'existing') return existingStore(store.url);
    const figures = figuresOf(environment).store;
    const props = {
      name: `gatehouse-${environment.name}`,
      vpc,
      securityGroup: securityGroups.store,
      removalPolicy: removalPolicy(environment),
    };
    if (store.kind === 'nodes') {
      return new ValkeyNodes(this, 'Store', {
        ...props,
        nodeType: store.nodeType,
        shards: store.shards ?? figures.shards,
        replicasPerShard: store.replicasPerShard ?? figures.replicasPerShard,
      });
    }
    return new ValkeyCache(this, 'Store', {
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
    const brokers = brokersOf(environment);
    const storage =
      events.kind === 'express' ? {} : { storage: { gb: events.storageGb, maxGb: events.maxStorageGb } };
    return new ProvisionedBrokers(this, 'Events', { ...props, ...storage, brokerType, brokers, kafkaVersion })
      .access;
  }

  #userPool(
    { catalogue, environment }: Configuration,
    { domainPrefix, mfa, applications, accessTokenMinutes }: CognitoIdentity,
  ): IssuerPolicy {
    const routes = Object.values(catalogue.routes);
    const permissions = routes.flatMap(({ access }) => (access.includes(':') ? [access] : []));
    return new StoreUserPool(this, 'Users', {
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

interface MadeSecret {
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  readonly replicaRegions: readonly string[];
}

type CognitoIdentity = Extract<Configuration['environment']['identity'], { kind: 'cognito' }>;
