import { Stack } from 'aws-cdk-lib';
import { CfnIntegration, type IHttpApi, type IVpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** An integration, as routes refer to it. */
export interface IntegrationTarget {
  readonly integrationId: string;
}

interface IntegrationProps {
  readonly httpApi: IHttpApi;
  /** Parameter mappings in the syntax of `AWS::ApiGatewayV2::Integration`. */
  readonly requestMappings: Readonly<Record<string, string>>;
  /** Response mappings by status code, in CloudFormation's syntax. The L2 construct does not support them. */
  readonly responseMappings: Readonly<Record<string, unknown>>;
  /** Integration timeout, 1 to 29 seconds. */
  readonly timeoutSeconds: number;
}

/** The VPC link, and the listener that it leads to. */
export interface LoadBalancerRoute {
  readonly vpcLink: IVpcLink;
  readonly listener: IApplicationListener;
}

export interface LoadBalancerIntegrationProps extends IntegrationProps, LoadBalancerRoute {}

/** Integration with the internal load balancer. Path and query are the caller's unless a mapping changes them. */
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

/** Integration with a Lambda function. */
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

/** Allows all routes of the API to invoke the function with one permission, instead of one per route. */
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
