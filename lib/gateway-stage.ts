import { Stage, type StageProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Bundles } from './bundles.ts';
import type { Configuration } from './config/index.ts';
import { AlertsStack } from './stacks/alerts-stack.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { BackendStack } from './stacks/backend-stack.ts';
import { balancedServices } from './stacks/balanced-services.ts';
import { DataStack } from './stacks/data-stack.ts';
import { EdgeStack } from './stacks/edge-stack.ts';
import { EventsStack } from './stacks/events-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { PartnerStack } from './stacks/partner-stack.ts';
import { PolicyStack } from './stacks/policy-stack.ts';
import { RotationStack } from './stacks/rotation-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';

export interface GatewayStageProps extends Omit<StageProps, 'env'> {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
}

/**
 * One environment of the gateway. A request passes edge, api and service; network and data are beneath them, and
 * observability watches them all. What operators change at run time goes by policy, and back when an alarm says so.
 */
export class GatewayStage extends Stage {
  constructor(scope: Construct, id: string, { configuration, bundles, ...props }: GatewayStageProps) {
    super(scope, id, props);
    const { name, account, region } = configuration.environment;
    const env = { region, ...(account === undefined ? {} : { account }) };
    const stack = (suffix: string) => ({ configuration, env, stackName: `gatehouse-${name}-${suffix}` });

    const network = new NetworkStack(this, 'Network', stack('network'));
    const data = new DataStack(this, 'Data', { ...stack('data'), bundles, network });
    const alerts = new AlertsStack(this, 'Alerts', { ...stack('alerts'), data });
    const services = new ServiceStack(this, 'Service', { ...stack('service'), network, data });
    // A stack each: one that comes, goes or fails leaves the others alone.
    const backends = balancedServices(configuration.catalogue).map(
      ([serviceName, service]) =>
        new BackendStack(this, `Service-${serviceName}`, {
          ...stack(`service-${serviceName}`),
          network,
          data,
          alerts,
          services,
          serviceName,
          service,
        }),
    );
    const api = new ApiStack(this, 'Api', { ...stack('api'), bundles, network, data, services });
    const partner = new PartnerStack(this, 'Partner', {
      ...stack('partner'),
      bundles,
      network,
      data,
      services,
      api,
    });
    const edge = new EdgeStack(this, 'Edge', {
      ...stack('edge'),
      // CloudFront, its certificate and its firewall live here, wherever the rest is.
      env: { ...env, region: 'us-east-1' },
      api,
      partner,
      originSecretName: data.originSecretName,
    });
    const events = new EventsStack(this, 'Events', { ...stack('events'), bundles, network, data, api });
    const observability = new ObservabilityStack(this, 'Observability', {
      ...stack('observability'),
      alerts,
      api,
      partner,
      events,
      services,
      monitored: Object.assign({}, ...backends.map(({ monitored }) => monitored)),
      edge,
    });
    new PolicyStack(this, 'Policy', { ...stack('policy'), bundles, network, api, partner, observability });

    const { originSecretRotationDays: everyDays } = configuration.environment.edge;
    if (everyDays !== undefined)
      new RotationStack(this, 'Rotation', { ...stack('rotation'), bundles, network, data, edge, everyDays });

    Tags.of(this).add('application', 'gatehouse');
    Tags.of(this).add('environment', name);
  }
}
