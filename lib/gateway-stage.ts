import { Stage, type StageProps, Tags } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { loadBalancedServices } from './compile/load-balanced-services.ts';
import { type Configuration, type Region, regionsOf } from './config/index.ts';
import type { Bundles } from './features/functions/bundles.ts';
import { setAlarmDefaults } from './features/observability/alarm-text.ts';
import { AlertsStack } from './stacks/alerts-stack.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { ClusterStack } from './stacks/cluster-stack.ts';
import { DataStack, type DataStackProps } from './stacks/data-stack.ts';
import { EdgeStack } from './stacks/edge-stack.ts';
import { EventsStack } from './stacks/events-stack.ts';
import { applyCustomerManagedKeys } from './stacks/key-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { OriginSecretRotationStack } from './stacks/origin-secret-rotation-stack.ts';
import { PartnerStack } from './stacks/partner-stack.ts';
import { PolicyStack } from './stacks/policy-stack.ts';
import { ReplicaTablesKeyStack } from './stacks/replica-tables-key-stack.ts';
import { RoutingStack } from './stacks/routing-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';

export interface GatewayStageProps extends Omit<StageProps, 'env'> {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
}

/**
 * One environment of the gateway. A request passes the edge, an API and a service; these depend on network and data, and
 * observability monitors them. Operators change the runtime policy, which alarms roll back. With several regions, each
 * region has all stacks except the edge, which exists once. The first region has the clients and the secrets, and further
 * regions have replicas of them.
 */
export class GatewayStage extends Stage {
  constructor(scope: Construct, id: string, { configuration, bundles, ...props }: GatewayStageProps) {
    super(scope, id, props);
    const { name, api, edge: edgeSettings } = configuration.environment;
    const [first, ...further] = regionsOf(configuration.environment);
    setAlarmDefaults(this, {
      environment: name,
      runbookBaseUrl: configuration.environment.alarms.runbookBaseUrl,
      furtherRegions: further.map(({ environment }) => environment.region),
    });
    const firstContext = regionContext(configuration, bundles, first);
    const furtherRegions = further.map((region) => {
      const context = regionContext(configuration, bundles, region);
      return { context, tablesKey: this.#tablesKey(context) };
    });

    const replicas = furtherRegions.map(({ context, tablesKey }) => ({
      region: context.env.region,
      tablesKey,
    }));
    const firstStacks = this.#addServingStacks(firstContext, { replicas });
    const all = [
      { context: firstContext, stacks: firstStacks },
      ...furtherRegions.map(({ context, tablesKey }) => ({
        context,
        stacks: this.#addServingStacks(context, { first: firstStacks, tablesKey }),
      })),
    ];
    if (further.length > 0) {
      for (const { context, stacks } of all) {
        const { id, stack, region } = context;
        const { publicApi: gateway } = stacks.api;
        new RoutingStack(this, id('Routing'), {
          ...stack('routing'),
          globalConfiguration: configuration,
          region,
          publicApi: gateway,
        });
      }
    }
    const edge = new EdgeStack(this, 'Edge', {
      ...firstContext.stack('edge'),
      // CloudFront, its certificate and its web ACL are in us-east-1, whatever the region of the environment.
      env: { ...firstContext.env, region: 'us-east-1' },
      api: firstStacks.api,
      apiDomainName: api.domain?.name,
      partner: firstStacks.partner,
      originSecretName: firstStacks.data.secrets.origin.name,
    });
    for (const { context, stacks } of all) this.#addMonitoringStacks(context, stacks, edge);

    const { originSecretRotationDays: everyDays } = edgeSettings;
    const { network, data } = firstStacks;
    if (everyDays !== undefined)
      new OriginSecretRotationStack(this, 'OriginSecretRotation', {
        ...firstContext.stack('origin-secret-rotation'),
        bundles,
        network,
        data,
        alerts: firstStacks.alerts,
        edge,
        everyDays,
      });

    applyCustomerManagedKeys(this, configuration);

    Tags.of(this).add('application', 'gatehouse');
    Tags.of(this).add('environment', name);
  }

  /** The key exists before the tables of the first region, which get replicas encrypted with it. */
  #tablesKey({ id, stack }: RegionContext): IKey {
    return new ReplicaTablesKeyStack(this, id('TablesKey'), stack('tables-key')).tablesKey;
  }

  /** Adds the stacks that serve calls in one region. */
  #addServingStacks(
    { id, stack, bundles, configuration }: RegionContext,
    kept: { readonly replicas: NonNullable<DataStackProps['replicas']> } | ReplicaOf,
  ): RegionStacks {
    const first = 'first' in kept ? kept.first : undefined;
    const replicas = 'replicas' in kept ? kept.replicas : [];
    const network = new NetworkStack(this, id('Network'), stack('network'));
    const data = new DataStack(this, id('Data'), {
      ...stack('data'),
      replicas,
      ...('first' in kept ? { replicaOf: { first: kept.first.data, tablesKey: kept.tablesKey } } : {}),
      bundles,
      network,
    });
    const alerts = new AlertsStack(this, id('Alerts'), { ...stack('alerts'), data });
    const cluster = new ClusterStack(this, id('Cluster'), { ...stack('cluster'), network, data });
    // One stack per service: a service that is added, removed or fails does not affect the others.
    const services = loadBalancedServices(configuration.catalogue).map(
      ([serviceName, service]) =>
        new ServiceStack(this, id(`Service-${serviceName}`), {
          ...stack(`service-${serviceName}`),
          network,
          data,
          alerts,
          cluster,
          serviceName,
          service,
          replicaRegions: replicas.map(({ region }) => region),
          replicaOf: first?.services.find((service) => service.serviceName === serviceName),
        }),
    );
    const api = new ApiStack(this, id('Api'), { ...stack('api'), bundles, network, data, cluster });
    const partner = new PartnerStack(this, id('Partner'), {
      ...stack('partner'),
      bundles,
      network,
      data,
      cluster,
      api,
    });
    return { network, data, alerts, cluster, services, api, partner };
  }

  /** Adds the stacks that monitor and reconfigure the serving stacks in one region. */
  #addMonitoringStacks(
    { id, stack, bundles, suffix, configuration }: RegionContext,
    { network, data, alerts, cluster, services, api, partner }: RegionStacks,
    edge: EdgeStack,
  ): void {
    const events = new EventsStack(this, id('Events'), { ...stack('events'), bundles, network, data, api });
    const observability = new ObservabilityStack(this, id('Observability'), {
      ...stack('observability'),
      dashboardName: `gatehouse-${configuration.environment.name}${suffix}`,
      alerts,
      api,
      partner,
      events,
      cluster,
      monitored: Object.assign({}, ...services.map(({ monitored }) => monitored)),
      edge,
    });
    const policy = { ...stack('policy'), bundles, network, alerts, api, partner, observability };
    new PolicyStack(this, id('Policy'), policy);
  }
}

/** A further region keeps replicas of the first region's data. */
interface ReplicaOf {
  readonly first: RegionStacks;
  /** The KMS key of the tables in the further region. */
  readonly tablesKey: IKey;
}

/** The stacks that serve calls in one region. */
interface RegionStacks {
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly alerts: AlertsStack;
  readonly cluster: ClusterStack;
  readonly services: readonly ServiceStack[];
  readonly api: ApiStack;
  readonly partner: PartnerStack;
}

/** Region, names and ids of the stacks in one region. */
type RegionContext = ReturnType<typeof regionContext>;

/** Stacks of the first region have plain names, which further regions do not change. Names in further regions end in the region. */
function regionContext(
  { catalogue, environment: { name } }: Configuration,
  bundles: Bundles,
  region: Region,
) {
  const { account } = region.environment;
  const env = { region: region.environment.region, ...(account === undefined ? {} : { account }) };
  const suffix = region.isFirst ? '' : `-${env.region}`;
  const configuration: Configuration = { catalogue, environment: region.environment };
  return {
    region,
    configuration,
    bundles,
    env,
    suffix,
    id: (stack: string) => `${stack}${suffix}`,
    stack: (stack: string) => ({ configuration, env, stackName: `gatehouse-${name}-${stack}${suffix}` }),
  };
}
