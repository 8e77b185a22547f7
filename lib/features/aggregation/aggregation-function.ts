import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { env } from '../../../lambda/aggregation/contract.ts';
import { GatewayFunction, type GatewayFunctionProps } from '../functions/gateway-function.ts';
import type { LimitStoreLogin } from '../limit-store/limit-store-access.ts';

export interface AggregationFunctionProps
  extends Omit<GatewayFunctionProps, 'description' | 'environment' | 'timeout'> {
  /** DNS name of the internal load balancer. */
  readonly loadBalancerName: string;
  readonly limitStore: LimitStoreLogin;
}

/** The function that answers compositions: one response from several services or from external APIs. */
export class AggregationFunction extends GatewayFunction {
  constructor(scope: Construct, id: string, props: AggregationFunctionProps) {
    super(scope, id, {
      ...props,
      description: 'Answers compositions: one response from several services or from external APIs.',
      environment: {
        [env.loadBalancerUrl]: `http://${props.loadBalancerName}`,
        ...props.limitStore.environment,
      },
      // The API's longest timeout is 29 s. The function must outlast it to answer in place of a slow part.
      timeout: Duration.seconds(30),
    });
    props.limitStore.grantConnect(this.function);
  }
}
