import { Duration, Stack } from 'aws-cdk-lib';
import {
  AuthorizerPayloadVersion,
  HttpAuthorizer,
  HttpAuthorizerType,
  type IHttpApi,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export interface DecisionAuthorizerProps {
  readonly httpApi: IHttpApi;
  /** Returns simple responses, always allowed, with the decision in the context. */
  readonly handler: IFunction;
}

/** Lambda authorizer that is invoked for every call, with or without credentials. Results are not cached. */
export class DecisionAuthorizer extends Construct {
  readonly authorizerId: string;

  constructor(scope: Construct, id: string, { httpApi, handler }: DecisionAuthorizerProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { authorizerId } = new HttpAuthorizer(this, 'Authorizer', {
      httpApi,
      type: HttpAuthorizerType.LAMBDA,
      authorizerUri: `arn:${stack.partition}:apigateway:${stack.region}:lambda:path/2015-03-31/functions/${handler.functionArn}/invocations`,
      payloadFormatVersion: AuthorizerPayloadVersion.VERSION_2_0,
      enableSimpleResponses: true,
      // With an identity source, API Gateway answers calls without it with a bare 401 and does not invoke the function.
      identitySource: [],
      // Limits would not count the calls that a cached decision allows.
      resultsCacheTtl: Duration.seconds(0),
    });
    this.authorizerId = authorizerId;
    handler.addPermission('Permission', {
      scope: this,
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: stack.formatArn({
        service: 'execute-api',
        resource: httpApi.apiId,
        resourceName: `authorizers/${authorizerId}`,
      }),
    });
  }
}
