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
  /** Authorizer that checks that a call came through the edge, or with a client certificate that the API has verified. */
  readonly originAuthorizer: IFunction;
  /** Value that identifies this API's calls at the load balancer: letters and digits, or a dynamic reference. */
  readonly proof: string;
  /** Whether callers with a client certificate bypass the edge. They have no origin secret. */
  readonly bypassesEdge: boolean;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** A route of the partner API, with the validation that a REST API supports. */
export interface PartnerApiRoute {
  readonly service: string;
  readonly path: string;
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  /** JSON schema, draft 4. */
  readonly body?: object | undefined;
  readonly timeoutSeconds: number;
}

/**
 * Rate and burst of all partners together, below the account's quota (10,000 a second, burst 5,000), which the public API
 * shares. Usage plans limit each key.
 */
const stageThrottle = { rateLimit: 5_000, burstLimit: 4_000 };

/** How long the API caches the authorizer's result for a value of the origin secret. */
const originDecisionCacheSeconds = 60;

/** The REST API for partners: API keys, usage plans, request validation, and problem responses. */
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
        // First segment of every path that a partner calls.
        stageName: partnerStage,
        tracingEnabled: true,
        metricsEnabled: true,
        // Errors only: the access log has one line per call, and bodies are never logged.
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
        // A mapping may use only declared parameters.
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

  /** For every content type: without `$default`, a body sent as `text/plain` would bypass the validation. */
  #models(key: string, schema: object): Record<string, Model> {
    const model = this.#model(key, schema);
    return { 'application/json': model, $default: model };
  }

  #model(key: string, schema: object): Model {
    const name = key.replaceAll(/[^A-Za-z0-9]+(.)?/g, (_, first = '') => String(first).toUpperCase());
    return this.restApi.addModel(name, {
      contentType: 'application/json',
      description: `Request body of ${key}.`,
      // The CDK sets the draft: the fourth, which API Gateway supports.
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
 * Checks the origin secret. All calls of the edge carry the same secret, so the API may cache the result: no limit depends
 * on it. API Gateway refuses a call without the header itself, unless callers may present a client certificate.
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
  // In the format of the public API's authorizer: the class would parse partition and region from the function's ARN.
  const { partition, region } = Stack.of(scope);
  (authorizer.node.defaultChild as CfnAuthorizer).authorizerUri =
    `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${handler.functionArn}/invocations`;
  return authorizer;
}
