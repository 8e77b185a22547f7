import { Stage, type StageProps, Tags } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Bundles } from './bundles.ts';
import { type Configuration, type Region, regionsOf } from './config/index.ts';
import { AlertsStack } from './stacks/alerts-stack.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { BackendStack } from './stacks/backend-stack.ts';
import { balancedServices } from './stacks/balanced-services.ts';
import { DataStack, type DataStackProps } from './stacks/data-stack.ts';
import { EdgeStack } from './stacks/edge-stack.ts';
import { EventsStack } from './stacks/events-stack.ts';
import { keepUnderOwnKeys } from './stacks/key-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { PartnerStack } from './stacks/partner-stack.ts';
import { PolicyStack } from './stacks/policy-stack.ts';
import { ReplicaKeyStack } from './stacks/replica-key-stack.ts';
import { RotationStack } from './stacks/rotation-stack.ts';
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
    const here = placeOf(configuration, bundles, first);
    const elsewhere = further.map((region) => {
      const place = placeOf(configuration, bundles, region);
      return { place, tablesKey: this.#tablesKey(place) };
    });

    const replicas = elsewhere.map(({ place, tablesKey }) => ({ region: place.env.region, tablesKey }));
    const served = this.#serve(here, { replicas });
    const all = [
      { place: here, stacks: served },
      ...elsewhere.map(({ place, tablesKey }) => ({
        place,
        stacks: this.#serve(place, { first: served, tablesKey }),
      })),
    ];
    if (further.length > 0) {
      for (const { place, stacks } of all) {
        const { id, stack, region } = place;
        const { gateway } = stacks.api;
        new RoutingStack(this, id('Routing'), { ...stack('routing'), whole: configuration, region, gateway });
      }
    }
    const edge = new EdgeStack(this, 'Edge', {
      ...here.stack('edge'),
      // CloudFront, its certificate and its firewall live here, wherever the rest is.
      env: { ...here.env, region: 'us-east-1' },
      api: served.api,
      apiDomainName: api.domain?.name,
      partner: served.partner,
      originSecretName: served.data.originSecretName,
    });
    for (const { place, stacks } of all) this.#watch(place, stacks, edge);

    const { originSecretRotationDays: everyDays } = edgeSettings;
    const { network, data } = served;
    if (everyDays !== undefined)
      new RotationStack(this, 'Rotation', {
        ...here.stack('rotation'),
        bundles,
        network,
        data,
        alerts: served.alerts,
        edge,
        everyDays,
      });

    keepUnderOwnKeys(this, configuration);

    Tags.of(this).add('application', 'gatehouse');
    Tags.of(this).add('environment', name);
  }

  /** There before the first region's tables, which get replicas under it. */
  #tablesKey({ id, stack }: Place): IKey {
    return new ReplicaKeyStack(this, id('Keys'), stack('keys')).tablesKey;
  }

  /** What answers calls in one region. */
  #serve(
    { id, stack, bundles, configuration }: Place,
    kept: { readonly replicas: NonNullable<DataStackProps['replicas']> } | ReplicaOf,
  ): Serving {
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
    const services = new ServiceStack(this, id('Service'), { ...stack('service'), network, data });
    // A stack each: one that comes, goes or fails leaves the others alone.
    const backends = balancedServices(configuration.catalogue).map(
      ([serviceName, service]) =>
        new BackendStack(this, id(`Service-${serviceName}`), {
          ...stack(`service-${serviceName}`),
          network,
          data,
          alerts,
          services,
          serviceName,
          service,
          replicaRegions: replicas.map(({ region }) => region),
          replicaOf: first?.backends.find((backend) => backend.serviceName === serviceName),
        }),
    );
    const api = new ApiStack(this, id('Api'), { ...stack('api'), bundles, network, data, services });
    const partner = new PartnerStack(this, id('Partner'), {
      ...stack('partner'),
      bundles,
      network,
      data,
      services,
      api,
    });
    return { network, data, alerts, services, backends, api, partner };
  }

  /** What watches and changes what answers in one region. */
  #watch(
    { id, stack, bundles, suffix, configuration }: Place,
    { network, data, alerts, services, backends, api, partner }: Serving,
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
      services,
      monitored: Object.assign({}, ...backends.map(({ monitored }) => monitored)),
      edge,
    });
    const policy = { ...stack('policy'), bundles, network, alerts, api, partner, observability };
    new PolicyStack(this, id('Policy'), policy);
  }
}

/** A further region keeps copies of what the first one has. */
interface ReplicaOf {
  readonly first: Serving;
  /** The further region's key of the tables. */
  readonly tablesKey: IKey;
}

/** What answers calls in one region. */
interface Serving {
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly alerts: AlertsStack;
  readonly services: ServiceStack;
  readonly backends: readonly BackendStack[];
  readonly api: ApiStack;
  readonly partner: PartnerStack;
}

/** Where stacks go, and what they are called there. */
type Place = ReturnType<typeof placeOf>;

/** The first region's stacks have plain names, which further regions do not change; the others' end in their region. */
function placeOf({ catalogue, environment: { name } }: Configuration, bundles: Bundles, region: Region) {
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
