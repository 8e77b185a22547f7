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
  /** Of the service, with parameters of the route: `/api/products/{id}`. */
  readonly path: string;
  /** Request headers by name, as a REST API's parameter mapping writes their values. */
  readonly headers: Readonly<Record<string, string>>;
  /** 1 to 29. */
  readonly timeoutSeconds: number;
}

/** Hands calls of a REST API to the internal load balancer, through the same VPC link as the HTTP API's. */
export class LoadBalancerRestIntegration extends Integration {
  readonly #target: string;

  constructor(props: LoadBalancerRestIntegrationProps) {
    const parameters = [...props.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    super({
      type: IntegrationType.HTTP_PROXY,
      integrationHttpMethod: props.method,
      // Plain HTTP, as the listener: inside the VPC, between the link's security group and the load balancer's.
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

  /** What the deployment's logical id follows, which knows nothing of the property below. */
  override bind(method: Method): IntegrationConfig {
    return { ...super.bind(method), deploymentToken: JSON.stringify({ integrationTarget: this.#target }) };
  }

  /** Names the load balancer at the other end of the link; the class above has no word for it. */
  setIntegrationTarget(method: Method): void {
    const resource = method.node.defaultChild as unknown as {
      addPropertyOverride(path: string, value: string): void;
    };
    resource.addPropertyOverride('Integration.IntegrationTarget', this.#target);
  }
}
