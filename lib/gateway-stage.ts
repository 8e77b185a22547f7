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
 * One environment of the gateway. A request passes edge, api and service; network and data are beneath them, and
 * observability watches them all. What operators change at run time goes by policy, and back when an alarm says so.
 * Several regions have each everything but the edge, which there is one of; clients and secrets are the first region's,
 * with replicas in the others.
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
    const here = regionContext(configuration, bundles, first);
    const elsewhere = further.map((region) => {
      const place = regionContext(configuration, bundles, region);
      return { place, tablesKey: this.#tablesKey(place) };
    });

    const replicas = elsewhere.map(({ place, tablesKey }) => ({ region: place.env.region, tablesKey }));
    const served = this.#addServingStacks(here, { replicas });
    const all = [
      { place: here, stacks: served },
      ...elsewhere.map(({ place, tablesKey }) => ({
        place,
        stacks: this.#addServingStacks(place, { first: served, tablesKey }),
      })),
    ];
    if (further.length > 0) {
      for (const { place, stacks } of all) {
        const { id, stack, region } = place;
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
      ...here.stack('edge'),
      // CloudFront, its certificate and its firewall live here, wherever the rest is.
      env: { ...here.env, region: 'us-east-1' },
      api: served.api,
      apiDomainName: api.domain?.name,
      partner: served.partner,
      originSecretName: served.data.secrets.origin.name,
    });
    for (const { place, stacks } of all) this.#addMonitoringStacks(place, stacks, edge);

    const { originSecretRotationDays: everyDays } = edgeSettings;
    const { network, data } = served;
    if (everyDays !== undefined)
      new OriginSecretRotationStack(this, 'OriginSecretRotation', {
        ...here.stack('origin-secret-rotation'),
        bundles,
        network,
        data,
        alerts: served.alerts,
        edge,
        everyDays,
      });

    applyCustomerManagedKeys(this, configuration);

    Tags.of(this).add('application', 'gatehouse');
    Tags.of(this).add('environment', name);
  }

  /** There before the first region's tables, which get replicas under it. */
  #tablesKey({ id, stack }: RegionContext): IKey {
    return new ReplicaTablesKeyStack(this, id('TablesKey'), stack('tables-key')).tablesKey;
  }

  /** What answers calls in one region. */
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
    const services = new ClusterStack(this, id('Cluster'), { ...stack('cluster'), network, data });
    // A stack each: one that comes, goes or fails leaves the others alone.
    const backends = loadBalancedServices(configuration.catalogue).map(
      ([serviceName, service]) =>
        new ServiceStack(this, id(`Service-${serviceName}`), {
          ...stack(`service-${serviceName}`),
          network,
          data,
          alerts,
          cluster: services,
          serviceName,
          service,
          replicaRegions: replicas.map(({ region }) => region),
          replicaOf: first?.services.find((backend) => backend.serviceName === serviceName),
        }),
    );
    const api = new ApiStack(this, id('Api'), { ...stack('api'), bundles, network, data, cluster: services });
    const partner = new PartnerStack(this, id('Partner'), {
      ...stack('partner'),
      bundles,
      network,
      data,
      cluster: services,
      api,
    });
    return { network, data, alerts, cluster: services, services: backends, api, partner };
  }

  /** What watches and changes what answers in one region. */
  #addMonitoringStacks(
    { id, stack, bundles, suffix, configuration }: RegionContext,
    { network, data, alerts, cluster: services, services: backends, api, partner }: RegionStacks,
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
      cluster: services,
      monitored: Object.assign({}, ...backends.map(({ monitored }) => monitored)),
      edge,
    });
    const policy = { ...stack('policy'), bundles, network, alerts, api, partner, observability };
    new PolicyStack(this, id('Policy'), policy);
  }
}

/** A further region keeps copies of what the first one has. */
interface ReplicaOf {
  readonly first: RegionStacks;
  /** The further region's key of the tables. */
  readonly tablesKey: IKey;
}

/** What answers calls in one region. */
interface RegionStacks {
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly alerts: AlertsStack;
  readonly cluster: ClusterStack;
  readonly services: readonly ServiceStack[];
  readonly api: ApiStack;
  readonly partner: PartnerStack;
}

/** Where stacks go, and what they are called there. */
type RegionContext = ReturnType<typeof regionContext>;

/** The first region's stacks have plain names, which further regions do not change; the others' end in their region. */
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
