import type { StackProps } from 'aws-cdk-lib';
import { Cluster, ContainerInsights, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { ApplicationLoadBalancer, IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { NamespaceType } from 'aws-cdk-lib/aws-servicediscovery';
import type { Construct } from 'constructs';
import { partnerProofName } from '../compile/partner-proof-name.ts';
import type { Configuration } from '../config/index.ts';
import { partnerProofValue } from '../features/partner-api/partner-proof.ts';
import { DecisionListener } from '../features/services/decision-listener.ts';
import { InternalLoadBalancer } from '../features/services/internal-load-balancer.ts';
import type { DataStack } from './data-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { isDeletionProtected } from './settings.ts';

export interface ClusterStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** The internal load balancer, which enforces decisions, and the ECS cluster. Each service has a separate stack. */
export class ClusterStack extends GatewayStack {
  readonly cluster: ICluster;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly decisionListener: DecisionListener;
  readonly listener: IApplicationListener;

  constructor(scope: Construct, id: string, { configuration, network, data, ...props }: ClusterStackProps) {
    const { environment } = configuration;
    super(scope, id, {
      description: 'The internal load balancer and the ECS cluster.',
      ...props,
    });
    const { vpc, securityGroups } = network;

    this.cluster = new Cluster(this, 'Cluster', {
      vpc,
      containerInsightsV2: ContainerInsights.ENHANCED,
      enableFargateCapacityProviders: environment.services.spotPercent > 0,
      // Services call each other by the names in this namespace (Service Connect).
      defaultCloudMapNamespace: {
        name: `gatehouse-${environment.name}`,
        type: NamespaceType.HTTP,
        useForServiceConnect: true,
      },
    }) as ICluster;
    this.loadBalancer = new InternalLoadBalancer(this, 'LoadBalancer', {
      vpc,
      securityGroup: securityGroups.loadBalancer,
      accessLogs: data.accessLogs,
      deletionProtection: isDeletionProtected(environment),
    }).loadBalancer;
    this.decisionListener = new DecisionListener(this, 'Decisions', {
      loadBalancer: this.loadBalancer,
      partnerProof: partnerProofValue(partnerProofName(environment.name)),
    });
    this.listener = this.decisionListener.listener;
  }
}
