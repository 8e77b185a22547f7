import type { StackProps } from 'aws-cdk-lib';
import { ContainerImage, Secret } from 'aws-cdk-lib/aws-ecs';
import { Secret as StoredSecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { loadBalancedServices } from '../compile/load-balanced-services.ts';
import {
  type Catalogue,
  type Configuration,
  canaryName,
  type Environment,
  type FargateService,
  type IpService,
  listenerPriority,
  serviceTaskRange,
  type TaskRange,
} from '../config/index.ts';
import { DatabaseRole } from '../features/database/database-role.ts';
import type { LimitStoreLogin } from '../features/limit-store/limit-store-access.ts';
import { isLimitStoreUser } from '../features/limit-store/limit-store-users.ts';
import { type Deployment, HttpService } from '../features/services/http-service.ts';
import { IpTargetService } from '../features/services/ip-target-service.ts';
import { ServiceAlarms } from '../features/services/service-alarms.ts';
import type { MonitoredService } from '../features/services/service-metrics.ts';
import { ServiceTask } from '../features/services/service-task.ts';
import type { AlertsStack } from './alerts-stack.ts';
import type { ClusterStack } from './cluster-stack.ts';
import type { DataStack } from './data-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { logRetention, removalPolicy } from './settings.ts';

export interface ServiceStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly alerts: AlertsStack;
  readonly cluster: ClusterStack;
  /** In the catalogue. */
  readonly serviceName: string;
  readonly service: FargateService | IpService;
  /** Further regions that the service is in as well. @default - none */
  readonly replicaRegions?: readonly string[];
  /** The same service in the first region. @default - this is the first region */
  readonly replicaOf?: ServiceStack | undefined;
}

/**
 * One service of the catalogue, whole: tasks, targets, scaling, and the rule that leads to it. It is deployed and rolled
 * back by itself, and no number of services fills a stack.
 */
export class ServiceStack extends GatewayStack {
  readonly serviceName: string;
  /** The service's own at the environment's database, where it keeps something there. */
  readonly databaseRole: DatabaseRole | undefined;
  /** By name: the service, and its canary deployment where it has one. */
  readonly monitored: Readonly<Record<string, MonitoredService>>;

  constructor(
    scope: Construct,
    id: string,
    {
      configuration,
      network,
      data,
      alerts,
      cluster: services,
      serviceName,
      service,
      replicaRegions = [],
      replicaOf,
      ...props
    }: ServiceStackProps,
  ) {
    const { catalogue, environment } = configuration;
    super(scope, id, { description: `The service "${serviceName}" and the way to it.`, ...props });
    this.serviceName = serviceName;
    const servesPartners = Object.values(catalogue.partnerRoutes).some(
      (route) => route.service === serviceName,
    );
    if (service.kind === 'ip') {
      const { targetGroup } = new IpTargetService(this, 'Stable', {
        vpc: network.vpc,
        vpcCidr: environment.network.cidr,
        listener: services.decisionListener,
        serviceName,
        listenerPriority: listenerPriority(serviceName, service),
        servesPartners,
        targets: service,
        addresses: environment.addresses[serviceName] ?? [],
      });
      this.databaseRole = undefined;
      this.monitored = { [serviceName]: { targetGroups: [targetGroup] } };
      this.#addAlarms(alerts, serviceName, []);
      return;
    }
    const { imageTag, canaryImageTags, collector, exec, schedules, spotPercent } = environment.services;
    const provider = service.role === paymentRole ? paymentProvider(this, environment) : noProvider;
    const limitStoreLogin = service.limitStore ? limitStoreLoginOf(data, serviceName) : undefined;
    const database = service.database
      ? new DatabaseRole(this, 'DatabaseRole', {
          environment: environment.name,
          service: serviceName,
          owner: data.database,
          removalPolicy: removalPolicy(environment),
          replicaRegions,
          replicaOf: replicaOf?.databaseRole,
        })
      : undefined;
    this.databaseRole = database;
    const run = (release: Release): HttpService => {
      const id = release.cohort === 'stable' ? 'Stable' : 'Canary';
      const task = new ServiceTask(this, `${id}Task`, {
        image: ContainerImage.fromEcrRepository(data.shopImages, release.imageTag),
        cpu: service.cpu,
        memoryMiB: service.memoryMiB,
        port: service.port,
        environment: {
          ROLE: service.role,
          SERVICE_NAME: release.name,
          ENVIRONMENT: environment.name,
          PORT: String(service.port),
          ...data.events.environment,
          ...database?.environment,
          ...limitStoreLogin?.environment,
          ...addressesOf(service.calls, catalogue),
          ...provider.environment,
        },
        secrets: {
          ...database?.secrets,
          ...provider.secrets,
          ...Object.fromEntries(
            Object.entries(service.secrets).map(([variable, name]) => {
              const secretName = `gatehouse/${environment.name}/${name}`;
              const stored = StoredSecret.fromSecretNameV2(this, `${id}${variable}`, secretName);
              return [variable, Secret.fromSecretsManager(stored)];
            }),
          ),
        },
        collector,
        writableRoot: exec,
        logRetention: logRetention(environment),
        removalPolicy: removalPolicy(environment),
      });
      const { taskRole } = task.definition;
      data.events.grantProduce(taskRole, service.produces);
      data.events.grantConsume(taskRole, service.consumes, serviceName);
      limitStoreLogin?.grantConnect(taskRole);
      return new HttpService(this, id, {
        cluster: services.cluster,
        securityGroup: network.securityGroups.services,
        task,
        listener: services.decisionListener,
        serviceName,
        listenerPriority: listenerPriority(serviceName, service),
        servesPartners,
        cohort: release.cohort,
        targets: service,
        scaling: { ...service.scaling, tasks: release.tasks, schedules },
        deployment: release.deployment,
        callTimeoutSeconds: service.callTimeoutSeconds,
        spotPercent,
        exec,
      });
    };
    const stable = run({
      name: serviceName,
      cohort: 'stable',
      imageTag,
      tasks: serviceTaskRange(environment, serviceName),
      deployment: service.deployment,
    });
    const { canary } = service;
    const name = canaryName(serviceName);
    this.monitored =
      canary === undefined
        ? { [serviceName]: stable }
        : {
            [serviceName]: stable,
            [name]: run({
              name,
              cohort: 'canary',
              imageTag: canaryImageTags[serviceName] ?? imageTag,
              tasks: canary.tasks,
              // It is itself the careful step.
              deployment: { kind: 'rolling', bakeMinutes: service.deployment.bakeMinutes },
            }),
          };
    this.#addAlarms(alerts, serviceName, service.consumes);
  }

  #addAlarms(
    { warnings, dependencyDown: beneath, brokers }: AlertsStack,
    group: string,
    consumes: readonly string[],
  ): void {
    for (const [name, monitored] of Object.entries(this.monitored)) {
      new ServiceAlarms(this, `Alarms-${name}`, {
        topic: warnings,
        dependencyDown: beneath,
        name,
        monitored,
        // Of the group that both deployments read as one.
        lags:
          brokers === undefined || name !== group
            ? {}
            : Object.fromEntries(consumes.map((topic) => [topic, brokers.lag(group, topic)])),
      });
    }
  }
}

/** What one of a service's deployments runs, and how it comes. */
interface Release {
  readonly name: string;
  readonly cohort: 'stable' | 'canary';
  readonly imageTag: string;
  readonly tasks: TaskRange;
  readonly deployment: Deployment;
}

/** The role that talks to the payment provider. */
const paymentRole = 'payment';

/** Where a service finds those that it calls: `http://NAME:PORT` is what Service Connect calls them. */
function addressesOf(calls: readonly string[], catalogue: Catalogue): Record<string, string> {
  return Object.fromEntries(
    loadBalancedServices(catalogue)
      .filter(([name]) => calls.includes(name))
      .map(([name, { port }]) => [
        `${name.toUpperCase().replaceAll('-', '_')}_URL`,
        `http://${name}:${port}`,
      ]),
  );
}

const noProvider = { environment: {}, secrets: {} };

/** Stripe with the key in its secret, or the stand-in that needs none. */
function paymentProvider(scope: Construct, { payments }: Environment) {
  if (payments.kind === 'fake') return noProvider;
  const key = StoredSecret.fromSecretNameV2(scope, 'StripeKey', payments.secretName);
  return {
    environment: { STRIPE_BASE_URL: payments.baseUrl },
    secrets: { STRIPE_SECRET_KEY: Secret.fromSecretsManager(key) },
  };
}

/** A user of the store has the name of its service. */
function limitStoreLoginOf({ limitStore: store }: DataStack, serviceName: string): LimitStoreLogin {
  if (isLimitStoreUser(serviceName)) return store.loginAs(serviceName);
  throw new Error(
    `The store has no user "${serviceName}". Say in lib/features/limit-store/limit-store-users.ts which keys and commands it needs.`,
  );
}
