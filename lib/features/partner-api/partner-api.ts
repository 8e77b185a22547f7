import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  ApiKeySourceType,
  AuthorizationType,
  type CfnAuthorizer,
  EndpointType,
  IdentitySource,
  LogGroupLogDestination,
  MethodLoggingLevel,
  type Model,
  RequestAuthorizer,
  type RequestValidator,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { IVpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { partnerStage, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { acknowledge } from '../common/acknowledgements.ts';
import { partnerDecision } from '../services/decision-listener.ts';
import { ApiGatewayAccountLogging } from './api-gateway-account-logging.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { LoadBalancerRestIntegration } from './load-balancer-rest-integration.ts';
import { partnerAccessLogFields } from './partner-access-log-format.ts';
import { cloudFrontHeaderCase, partnerHeaders } from './partner-request-mappings.ts';

export interface PartnerApiProps {
  readonly name: string;
  readonly description: string;
  readonly vpcLink: IVpcLink;
  readonly loadBalancer: IApplicationLoadBalancer;
  /** Says whether a call came through the edge, or with a certificate that the API has verified. */
  readonly originAuthorizer: IFunction;
  /** What the load balancer knows this API's calls by: letters and digits, or a dynamic reference to them. */
  readonly proof: string;
  /** Whether callers with a certificate come past the edge, without its secret. */
  readonly bypassesEdge: boolean;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** One endpoint, with its rules as a REST API can check them. */
export interface PartnerApiRoute {
  readonly service: string;
  readonly path: string;
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  /** JSON schema of draft 4. */
  readonly body?: object | undefined;
  readonly timeoutSeconds: number;
}

/**
 * All partners together, under the account's own rate and burst (10 000 a second, 5 000 at once), of which the store
 * door has its part. What one key may do is its plan's.
 */
const stageThrottle = { rateLimit: 5_000, burstLimit: 4_000 };

/** How long the API may go by the verdict on a value of the origin secret. */
const originDecisionCacheSeconds = 60;

/** The REST API for partners: keys and plans of AWS's own, checked requests, and answers in our words. */
export class PartnerApi extends Construct {
  readonly restApi: RestApi;
  readonly accessLogs: LogGroup;
  readonly #props: PartnerApiProps;
  readonly #authorizer: RequestAuthorizer;
  readonly #validator: RequestValidator;

  constructor(scope: Construct, id: string, props: PartnerApiProps) {
    super(scope, id);
    this.#props = props;
    this.accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    this.restApi = new RestApi(this, 'Api', {
      restApiName: props.name,
      description: props.description,
      endpointTypes: [EndpointType.REGIONAL],
      apiKeySourceType: ApiKeySourceType.HEADER,
      cloudWatchRole: false,
      deployOptions: {
        // The first segment of every path that a partner calls.
        stageName: partnerStage,
        tracingEnabled: true,
        metricsEnabled: true,
        // Errors only: whole requests are in the access log, and their bodies nowhere.
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        throttlingRateLimit: stageThrottle.rateLimit,
        throttlingBurstLimit: stageThrottle.burstLimit,
        accessLogDestination: new LogGroupLogDestination(this.accessLogs),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(partnerAccessLogFields)),
      },
    });
    this.restApi.deploymentStage.node.addDependency(new ApiGatewayAccountLogging(this, 'Logging'));
    this.#authorizer = originAuthorizer(this, props);
    this.#validator = this.restApi.addRequestValidator('Validator', {
      validateRequestBody: true,
      validateRequestParameters: true,
    });
    addGatewayResponses(this.restApi);
    acknowledge(this.restApi, 'COG4', 'Partners have API keys, and no users that could sign in.');
  }

  /** @param key `METHOD /partner/path/{parameter}` */
  addRoute(key: string, route: PartnerApiRoute): void {
    const [method = '', path = ''] = key.split(' ');
    const ownPath = path.slice(`/${partnerStage}`.length);
    const integration = new LoadBalancerRestIntegration({
      ...this.#props,
      ...route,
      method,
      headers: partnerHeaders(route.service, partnerDecision(this.#props.proof, route.service), method),
    });
    const added = this.restApi.root.resourceForPath(ownPath).addMethod(method, integration, {
      apiKeyRequired: true,
      authorizationType: AuthorizationType.CUSTOM,
      authorizer: this.#authorizer,
      requestValidator: this.#validator,
      requestParameters: {
        // Only what is declared may be mapped.
        [`method.request.header.${cloudFrontHeaderCase(requestHeaders.viewerAddress)}`]: false,
        ...declared('header', route.requiredHeaders),
        ...declared('querystring', route.requiredQuery),
        ...declared(
          'path',
          [...ownPath.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
        ),
      },
      ...(route.body === undefined ? {} : { requestModels: this.#models(key, route.body) }),
    });
    integration.setIntegrationTarget(added);
  }

  /** Of every content type: without `$default` a body that calls itself `text/plain` would pass unread. */
  #models(key: string, schema: object): Record<string, Model> {
    const model = this.#model(key, schema);
    return { 'application/json': model, $default: model };
  }

  #model(key: string, schema: object): Model {
    const name = key.replaceAll(/[^A-Za-z0-9]+(.)?/g, (_, first = '') => String(first).toUpperCase());
    return this.restApi.addModel(name, {
      contentType: 'application/json',
      description: `What ${key} takes.`,
      // The CDK says itself which draft it is: the fourth, the one that API Gateway knows.
      schema,
    });
  }
}

function declared(
  place: 'header' | 'querystring' | 'path',
  names: readonly string[],
): Record<string, boolean> {
  return Object.fromEntries(names.map((name) => [`method.request.${place}.${name}`, true]));
}

/**
 * The lock of the door. All calls of the edge carry one secret, so the API may keep the verdict on it for a while:
 * nothing is counted by it. A call without the secret is refused without asking, unless it may bring a certificate.
 */
function originAuthorizer(scope: Construct, { originAuthorizer: handler, bypassesEdge }: PartnerApiProps) {
  const authorizer = new RequestAuthorizer(scope, 'Origin', {
    handler,
    ...(bypassesEdge
      ? { identitySources: [], resultsCacheTtl: Duration.seconds(0) }
      : {
          identitySources: [IdentitySource.header(cloudFrontHeaderCase(requestHeaders.originSecret))],
          resultsCacheTtl: Duration.seconds(originDecisionCacheSeconds),
        }),
  });
  // In the words of the other door's: the class takes partition and region out of the function's ARN.
  const { partition, region } = Stack.of(scope);
  (authorizer.node.defaultChild as CfnAuthorizer).authorizerUri =
    `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${handler.functionArn}/invocations`;
  return authorizer;
}
