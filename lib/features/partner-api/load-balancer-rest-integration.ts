import { Duration } from 'aws-cdk-lib';
import {
  ConnectionType,
  Integration,
  type IntegrationConfig,
  IntegrationType,
  type Method,
} from 'aws-cdk-lib/aws-apigateway';
import type { IVpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';

export interface LoadBalancerRestIntegrationProps {
  readonly vpcLink: IVpcLink;
  readonly loadBalancer: IApplicationLoadBalancer;
  readonly method: string;
  /** Path at the service, with the route's parameters: `/api/products/{id}`. */
  readonly path: string;
  /** Request headers by name, in the parameter mapping syntax of REST APIs. */
  readonly headers: Readonly<Record<string, string>>;
  /** Integration timeout, 1 to 29 seconds. */
  readonly timeoutSeconds: number;
}

/** Integration of a REST API with the internal load balancer, through the VPC link of the HTTP API. */
export class LoadBalancerRestIntegration extends Integration {
  readonly #target: string;

  constructor(props: LoadBalancerRestIntegrationProps) {
    const parameters = [...props.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    super({
      type: IntegrationType.HTTP_PROXY,
      integrationHttpMethod: props.method,
      // Plain HTTP, as the listener: inside the VPC, between the security groups of the link and of the load balancer.
      uri: `http://${props.loadBalancer.loadBalancerDnsName}${props.path}`,
      options: {
        connectionType: ConnectionType.VPC_LINK,
        vpcLink: props.vpcLink,
        timeout: Duration.seconds(props.timeoutSeconds),
        requestParameters: {
          ...Object.fromEntries(
            Object.entries(props.headers).map(([name, value]) => [
              `integration.request.header.${name}`,
              value,
            ]),
          ),
          ...Object.fromEntries(
            parameters.map((name) => [`integration.request.path.${name}`, `method.request.path.${name}`]),
          ),
        },
      },
    });
    this.#target = props.loadBalancer.loadBalancerArn;
  }

  /** Input of the deployment's logical id, which does not include the property below. */
  override bind(method: Method): IntegrationConfig {
    return { ...super.bind(method), deploymentToken: JSON.stringify({ integrationTarget: this.#target }) };
  }

  /** The load balancer at the end of the VPC link. The L2 class does not support this property. */
  setIntegrationTarget(method: Method): void {
    const resource = method.node.defaultChild as unknown as {
      addPropertyOverride(path: string, value: string): void;
    };
    resource.addPropertyOverride('Integration.IntegrationTarget', this.#target);
  }
}
