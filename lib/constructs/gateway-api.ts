import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnRoute,
  CorsHttpMethod,
  HttpApi,
  HttpStage,
  type IHttpApi,
  type IHttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { limitHeaders } from '../../lambda/shared/contract.ts';
import { acknowledge } from '../acknowledgements.ts';
import { accessLogFields } from './access-log-format.ts';
import type { DecisionAuthorizer } from './decision-authorizer.ts';
import type { IntegrationTarget } from './integrations.ts';

export interface GatewayApiProps {
  readonly description: string;
  readonly name: string;
  /** Browser origins that may call. */
  readonly corsOrigins: readonly string[];
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The whole API's sustained rate and burst, under the account's own (10 000 a second, 5 000 at once; API Gateway
 * quotas). A backstop: what it refuses gets a bare 429, so the authorizer's limits must bite first.
 */
const backstop = { rateLimit: 9_000, burstLimit: 4_500 };

/** A route that decides nothing, and why that is right. */
export interface WithoutAuthorizer {
  readonly withoutAuthorizer: string;
}

/** The HTTP API with its one stage: CORS, access log, metrics by route. Routes are added one by one. */
export class GatewayApi extends Construct {
  readonly httpApi: IHttpApi;
  readonly stage: IHttpStage;
  readonly accessLogs: LogGroup;

  constructor(scope: Construct, id: string, props: GatewayApiProps) {
    super(scope, id);
    const api = new HttpApi(this, 'Api', {
      apiName: props.name,
      description: props.description,
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: [...props.corsOrigins],
        allowMethods: corsMethods,
        allowHeaders: ['authorization', 'content-type', 'if-none-match', 'x-api-version'],
        exposeHeaders: ['x-request-id', 'x-gateway-completed', 'Retry-After', ...Object.keys(limitHeaders)],
        maxAge: Duration.hours(1),
      },
    });
    this.httpApi = api as IHttpApi;
    this.accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    // `$default`: a named stage would put its name before every path that a service sees.
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      stageName: '$default',
      autoDeploy: true,
      detailedMetricsEnabled: true,
      throttle: backstop,
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLogs),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
    });
  }

  /**
   * Serves one route. The L1, because the L2 names an integration after the first route that uses it, and a route
   * put before it would then replace the integration of all.
   *
   * @param key `METHOD /path/{parameter}`
   */
  addRoute(
    key: string,
    integration: IntegrationTarget,
    authorizer: DecisionAuthorizer | WithoutAuthorizer,
  ): void {
    const isOpen = 'withoutAuthorizer' in authorizer;
    const route = new CfnRoute(this, key, {
      apiId: this.httpApi.apiId,
      routeKey: key,
      target: `integrations/${integration.integrationId}`,
      ...(isOpen
        ? { authorizationType: 'NONE' }
        : { authorizationType: 'CUSTOM', authorizerId: authorizer.authorizerId }),
    });
    if (isOpen) acknowledge(route, 'APIG4', authorizer.withoutAuthorizer);
  }
}

const corsMethods = [
  CorsHttpMethod.GET,
  CorsHttpMethod.HEAD,
  CorsHttpMethod.POST,
  CorsHttpMethod.PUT,
  CorsHttpMethod.PATCH,
  CorsHttpMethod.DELETE,
];
