import { Stack } from 'aws-cdk-lib';
import { CfnIntegration, type IHttpApi, type IVpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** What a route needs to know of its integration. */
export interface IntegrationTarget {
  readonly integrationId: string;
}

interface IntegrationProps {
  readonly httpApi: IHttpApi;
  /** Key and value as `AWS::ApiGatewayV2::Integration` has them. */
  readonly requestMappings: Readonly<Record<string, string>>;
  /** By status code, as CloudFormation spells it; the L2 knows no response mappings, hence the L1 below. */
  readonly responseMappings: Readonly<Record<string, unknown>>;
  /** 1 to 29. */
  readonly timeoutSeconds: number;
}

/** The way into the VPC and the listener at its end. */
export interface LoadBalancerRoute {
  readonly vpcLink: IVpcLink;
  readonly listener: IApplicationListener;
}

export interface LoadBalancerIntegrationProps extends IntegrationProps, LoadBalancerRoute {}

/** Hands calls to the internal load balancer, path and query as the caller wrote them unless a mapping says otherwise. */
export class LoadBalancerIntegration extends Construct implements IntegrationTarget {
  readonly integrationId: string;

  constructor(scope: Construct, id: string, props: LoadBalancerIntegrationProps) {
    super(scope, id);
    this.integrationId = new CfnIntegration(this, 'Resource', {
      ...common(props),
      integrationType: 'HTTP_PROXY',
      integrationMethod: 'ANY',
      integrationUri: props.listener.listenerArn,
      connectionType: 'VPC_LINK',
      connectionId: props.vpcLink.vpcLinkId,
      payloadFormatVersion: '1.0',
    }).ref;
  }
}

export interface FunctionIntegrationProps extends IntegrationProps {
  readonly handler: IFunction;
}

/** Hands calls to a function. */
export class FunctionIntegration extends Construct implements IntegrationTarget {
  readonly integrationId: string;

  constructor(scope: Construct, id: string, props: FunctionIntegrationProps) {
    super(scope, id);
    this.integrationId = new CfnIntegration(this, 'Resource', {
      ...common(props),
      integrationType: 'AWS_PROXY',
      integrationUri: props.handler.functionArn,
      payloadFormatVersion: '2.0',
    }).ref;
  }
}

/** Lets every route of the API call the function: one permission, not one for each route. */
export function allowInvocation(scope: Construct, id: string, httpApi: IHttpApi, handler: IFunction): void {
  handler.addPermission(id, {
    scope,
    principal: new ServicePrincipal('apigateway.amazonaws.com'),
    sourceArn: Stack.of(scope).formatArn({
      service: 'execute-api',
      resource: httpApi.apiId,
      resourceName: '*/*',
    }),
  });
}

function common({ httpApi, requestMappings, responseMappings, timeoutSeconds }: IntegrationProps) {
  return {
    apiId: httpApi.apiId,
    requestParameters: requestMappings,
    responseParameters: responseMappings,
    timeoutInMillis: timeoutSeconds * 1_000,
  };
}
