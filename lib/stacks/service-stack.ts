import type { StackProps } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import {
  type Catalogue,
  type Configuration,
  canaryName,
  type FargateService,
  type IpService,
  listenerPriority,
  serviceTaskRange,
  type TaskRange,
} from '../config/index.ts';
import { DatabaseRole } from '../features/database/database-role.ts';
import type { LimitStoreLogin } from '../features/limit-store/limit-store-access.ts';
import { isLimitStoreUser } from '../features/limit-store/limit-store-permissions.ts';
import { type Deployment, HttpService } from '../features/services/http-service.ts';
import { IpTargetService } from '../features/services/ip-target-service.ts';
import { ServiceAlarms } from '../features/services/service-alarms.ts';
import { serviceImage } from '../features/services/service-image.ts';
import type { MonitoredService } from '../features/services/service-metrics.ts';
import { ServiceTask } from '../features/services/service-task.ts';
import type { AlertsStack } from './alerts-stack.ts';
import type { ClusterStack } from './cluster-stack.ts';
import type { DataStack } from './data-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import {
  downstreamUrls,
  noPaymentProvider,
  paymentProvider,
  serviceSecrets,
  type TaskVariables,
} from './service-variables.ts';
import { logRetention, removalPolicy } from './settings.ts';

export interface ServiceStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly alerts: AlertsStack;
  readonly cluster: ClusterStack;
  /** Name of the service in the catalogue. */
  readonly serviceName: string;
  readonly service: FargateService | IpService;
  /** Further regions with a deployment of the service. @default - none */
  readonly replicaRegions?: readonly string[];
  /** The stack of the same service in the first region. @default - this is the first region */
  readonly replicaOf?: ServiceStack | undefined;
}

/**
 * One service of the catalogue: its tasks, target groups, scaling, listener rule and alarms. Each service has a stack, so that
 * it is deployed and rolled back alone, and the number of services is not limited by the resources of one stack.
 */
export class ServiceStack extends GatewayStack {
  readonly serviceName: string;
  /** The service's login to the database; undefined for a service without data there. */
  readonly databaseRole: DatabaseRole | undefined;
  /** The service, and its canary deployment if it has one, by name. */
  readonly monitored: Readonly<Record<string, MonitoredService>>;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    const { serviceName, service } = props;
    super(scope, id, {
      description: `The service "${serviceName}": tasks, target groups, listener rule.`,
      ...props,
    });
    this.serviceName = serviceName;
    if (service.kind === 'ip') {
      this.databaseRole = undefined;
      this.monitored = { [serviceName]: this.#ipTargets(props, service) };
    } else {
      this.databaseRole = service.database ? this.#databaseRole(props) : undefined;
      this.monitored = this.#deployments(props, service);
    }
    this.#addAlarms(props);
  }

  #ipTargets(
    { configuration, network, cluster, serviceName }: ServiceStackProps,
    service: IpService,
  ): MonitoredService {
    const { catalogue, environment } = configuration;
    const { targetGroup } = new IpTargetService(this, 'Stable', {
      vpc: network.vpc,
      vpcCidr: environment.network.cidr,
      listener: cluster.decisionListener,
      serviceName,
      listenerPriority: listenerPriority(serviceName, service),
      servesPartners: servesPartners(catalogue, serviceName),
      targets: service,
      addresses: environment.addresses[serviceName] ?? [],
    });
    return { targetGroups: [targetGroup] };
  }

  #databaseRole({
    configuration: { environment },
    data,
    serviceName,
    replicaRegions = [],
    replicaOf,
  }: ServiceStackProps): DatabaseRole {
    return new DatabaseRole(this, 'DatabaseRole', {
      environment: environment.name,
      service: serviceName,
      owner: data.database,
      removalPolicy: removalPolicy(environment),
      replicaRegions,
      replicaOf: replicaOf?.databaseRole,
    });
  }

  /** The stable deployment, and the canary deployment if the service has one. */
  #deployments(
    props: ServiceStackProps,
    service: FargateService,
  ): Readonly<Record<string, MonitoredService>> {
    const { configuration, data, serviceName } = props;
    const { environment } = configuration;
    const { imageTag, canaryImageTags } = environment.services;
    const access: TaskAccess = {
      limitStore: service.limitStore ? limitStoreLogin(data, serviceName) : undefined,
      paymentProvider: service.role === paymentRole ? paymentProvider(this, environment) : noPaymentProvider,
    };
    const stable = this.#deploy(props, service, access, {
      name: serviceName,
      cohort: 'stable',
      imageTag,
      tasks: serviceTaskRange(environment, serviceName),
      deployment: service.deployment,
    });
    const { canary } = service;
    if (canary === undefined) return { [serviceName]: stable };
    const name = canaryName(serviceName);
    const canaryDeployment = this.#deploy(props, service, access, {
      name,
      cohort: 'canary',
      imageTag: canaryImageTags[serviceName] ?? (service.image === undefined ? imageTag : undefined),
      tasks: canary.tasks,
      // The canary itself limits the impact of a bad release: a rolling deployment is enough.
      deployment: { kind: 'rolling', bakeMinutes: service.deployment.bakeMinutes },
    });
    return { [serviceName]: stable, [name]: canaryDeployment };
  }

  #deploy(
    { configuration, network, data, cluster, serviceName }: ServiceStackProps,
    service: FargateService,
    access: TaskAccess,
    release: Release,
  ): HttpService {
    const { catalogue, environment } = configuration;
    const { exec, schedules, spotPercent } = environment.services;
    const id = release.cohort === 'stable' ? 'Stable' : 'Canary';
    const task = new ServiceTask(this, `${id}Task`, {
      image: this.#image(`${id}Images`, service, data, release),
      command: service.command,
      cpu: service.cpu,
      memoryMiB: service.memoryMiB,
      port: service.port,
      environment: {
        ...(service.role === undefined ? {} : { ROLE: service.role }),
        SERVICE_NAME: release.name,
        ENVIRONMENT: environment.name,
        PORT: String(service.port),
        ...data.events.environment,
        ...this.databaseRole?.environment,
        ...access.limitStore?.environment,
        ...downstreamUrls(service.calls, catalogue),
        ...access.paymentProvider.environment,
        ...service.environment,
      },
      secrets: {
        ...this.databaseRole?.secrets,
        ...access.paymentProvider.secrets,
        ...serviceSecrets(this, id, service.secrets, environment),
      },
      collector: environment.services.collector,
      writableRoot: exec,
      logRetention: logRetention(environment),
      removalPolicy: removalPolicy(environment),
    });
    const { taskRole } = task.definition;
    data.events.grantProduce(taskRole, service.produces);
    data.events.grantConsume(taskRole, service.consumes, serviceName);
    access.limitStore?.grantConnect(taskRole);
    return new HttpService(this, id, {
      cluster: cluster.cluster,
      securityGroup: network.securityGroups.services,
      task,
      listener: cluster.decisionListener,
      serviceName,
      listenerPriority: listenerPriority(serviceName, service),
      servesPartners: servesPartners(catalogue, serviceName),
      cohort: release.cohort,
      targets: service,
      scaling: { ...service.scaling, tasks: release.tasks, schedules },
      deployment: release.deployment,
      callTimeoutSeconds: service.callTimeoutSeconds,
      spotPercent,
      exec,
    });
  }

  /** The service's image, or the image of the shop. A canary may have a tag that the stable deployment does not have. */
  #image(
    id: string,
    { image }: FargateService,
    data: DataStack,
    { imageTag, cohort }: Release,
  ): ContainerImage {
    if (image === undefined) return ContainerImage.fromEcrRepository(data.shopImages, imageTag ?? '');
    const isReplaced = cohort === 'canary' && imageTag !== undefined && 'repository' in image;
    return serviceImage(this, id, isReplaced ? { repository: image.repository, tag: imageTag } : image);
  }

  #addAlarms({ alerts, serviceName, service }: ServiceStackProps): void {
    const { warnings, dependencyDown, brokers } = alerts;
    const consumes = service.kind === 'fargate' ? service.consumes : [];
    for (const [name, monitored] of Object.entries(this.monitored)) {
      new ServiceAlarms(this, `Alarms-${name}`, {
        topic: warnings,
        dependencyDown,
        name,
        monitored,
        // Both deployments are in one consumer group, so the stable one alone has the alarm.
        lags:
          brokers === undefined || name !== serviceName
            ? {}
            : Object.fromEntries(consumes.map((topic) => [topic, brokers.lag(serviceName, topic)])),
      });
    }
  }
}

/** A deployment of the service: stable or canary. */
interface Release {
  readonly name: string;
  readonly cohort: 'stable' | 'canary';
  /** Of the shop's image; of an own image, the tag that replaces its own for the canary. */
  readonly imageTag: string | undefined;
  readonly tasks: TaskRange;
  readonly deployment: Deployment;
}

/** Access of the tasks to what the stable and the canary deployment share. */
interface TaskAccess {
  readonly limitStore: LimitStoreLogin | undefined;
  readonly paymentProvider: TaskVariables;
}

/** Role of the service that calls the payment provider. */
const paymentRole = 'payment';

function servesPartners(catalogue: Catalogue, serviceName: string): boolean {
  return Object.values(catalogue.partnerRoutes).some((route) => route.service === serviceName);
}

/** The login of a service to the limit store. The user has the name of the service. */
function limitStoreLogin({ limitStore }: DataStack, serviceName: string): LimitStoreLogin {
  if (isLimitStoreUser(serviceName)) return limitStore.loginAs(serviceName);
  throw new Error(
    `The limit store has no user "${serviceName}". Add its keys and commands to lib/features/limit-store/limit-store-permissions.ts.`,
  );
}
