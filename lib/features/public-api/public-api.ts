import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnRoute,
  CfnStage,
  CorsHttpMethod,
  HttpApi,
  HttpStage,
  type IHttpApi,
  type IHttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { FieldIndexPolicy, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DecisionAuthorizer } from '../auth/decision-authorizer.ts';
import { acknowledge } from '../common/acknowledgements.ts';
import { accessLogFields, accessLogIndexes } from './access-log-format.ts';
import type { CorsSettings } from './cors-settings.ts';
import type { IntegrationTarget } from './integrations.ts';
import { PublicApiDomain, type PublicApiDomainProps } from './public-api-domain.ts';

export interface PublicApiProps {
  readonly description: string;
  readonly name: string;
  /** CORS settings. */
  readonly cors: CorsSettings;
  /** Custom domain; it disables the default endpoint. @default - the default endpoint */
  readonly domain?: Omit<PublicApiDomainProps, 'httpApi' | 'stage'> | undefined;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Sustained rate and burst of the whole API, below the account's quota (10,000 a second, burst 5,000; API Gateway quotas).
 * It is a backstop: a call that it throttles gets a 429 without details, so the authorizer's limits must apply first.
 */
const stageThrottle = { rateLimit: 9_000, burstLimit: 4_500 };

/** A route without the authorizer, and the reason. */
export interface UnauthenticatedRoute {
  readonly withoutAuthorizer: string;
}

/** The HTTP API with its stage: CORS, access log, metrics per route. Routes are added one by one. */
export class PublicApi extends Construct {
  readonly httpApi: IHttpApi;
  readonly stage: IHttpStage;
  readonly accessLogs: LogGroup;
  /** Domain name of the API. */
  readonly domainName: string;
  /** Target of the custom domain's DNS record; undefined without a custom domain. */
  readonly domainTarget: string | undefined;
  readonly #routeSettings: Record<string, unknown> = {};

  constructor(scope: Construct, id: string, props: PublicApiProps) {
    super(scope, id);
    const { cors, domain } = props;
    const api = new HttpApi(this, 'Api', {
      apiName: props.name,
      description: props.description,
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: [...cors.origins],
        allowMethods: cors.methods.map((method) => CorsHttpMethod[method]),
        allowHeaders: [...cors.requestHeaders],
        exposeHeaders: [...cors.responseHeaders],
        maxAge: Duration.seconds(cors.maxAgeSeconds),
      },
      disableExecuteApiEndpoint: domain !== undefined,
    });
    this.httpApi = api as IHttpApi;
    this.accessLogs = new LogGroup(this, 'AccessLogs', {
      // Field indexes: a search by one of these fields scans only the log events that have the value.
      fieldIndexPolicies: [new FieldIndexPolicy({ fields: [...accessLogIndexes] })],
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    // `$default`: the name of another stage would be the first segment of every path that a service sees.
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      stageName: '$default',
      autoDeploy: true,
      detailedMetricsEnabled: true,
      throttle: stageThrottle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLogs),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
    });
    const { region, urlSuffix } = Stack.of(this);
    this.domainName = domain?.name ?? `${api.apiId}.execute-api.${region}.${urlSuffix}`;
    if (domain !== undefined) {
      const named = new PublicApiDomain(this, 'Domain', {
        ...domain,
        httpApi: this.httpApi,
        stage: this.stage,
      });
      this.domainTarget = named.target;
    }
  }

  /**
   * Adds a route. An L1, because the L2 names an integration after the first route that uses it: a route that is added before
   * that one would replace the integration of all.
   *
   * @param key `METHOD /path/{parameter}`
   * @param throttle of all callers together. @default the throttle of the API
   */
  addRoute(
    key: string,
    integration: IntegrationTarget,
    authorizer: DecisionAuthorizer | UnauthenticatedRoute,
    throttle?: RouteThrottle,
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
    if (throttle !== undefined) this.#throttle(key, route, throttle);
  }

  /** The L2 supports settings of the whole stage only. A route's settings replace them, so they include the metrics again. */
  #throttle(key: string, route: CfnRoute, { requestsPerSecond, burst }: RouteThrottle): void {
    const stage = this.stage.node.defaultChild;
    if (!(stage instanceof CfnStage)) throw new Error('The default child of the stage is not a CfnStage.');
    this.#routeSettings[key] = {
      ThrottlingRateLimit: requestsPerSecond,
      ThrottlingBurstLimit: burst,
      DetailedMetricsEnabled: true,
    };
    stage.routeSettings = this.#routeSettings;
    // A stage refuses settings of a route that does not exist yet.
    stage.addResourceDependency(route);
  }
}

export interface RouteThrottle {
  readonly requestsPerSecond: number;
  readonly burst: number;
}
