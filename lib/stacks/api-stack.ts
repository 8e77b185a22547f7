import { CfnOutput, type StackProps } from 'aws-cdk-lib';
import { VpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { runtimePolicyNames } from '../compile/runtime-policy-names.ts';
import {
  type ConfigurableFunction,
  type Configuration,
  type Environment,
  functionCapacity,
  webhookRouteKey,
} from '../config/index.ts';
import { AggregationFunction } from '../features/aggregation/aggregation-function.ts';
import { AuthorizerFunction } from '../features/auth/authorizer-function.ts';
import { RevocationFunction } from '../features/auth/revocation-function.ts';
import type { Bundles } from '../features/functions/bundles.ts';
import type { GatewayFunction } from '../features/functions/gateway-function.ts';
import { addCatalogueRoutes } from '../features/public-api/catalogue-routes.ts';
import { PublicApi } from '../features/public-api/public-api.ts';
import { WebhookIngestion } from '../features/webhooks/webhook-ingestion.ts';
import type { ClusterStack } from './cluster-stack.ts';
import type { DataStack } from './data-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { corsSettings, logRetention, removalPolicy } from './settings.ts';

export interface ApiStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly cluster: ClusterStack;
}

/** The public API: the HTTP API with its authorizer, routes and webhooks, and the VPC link to the load balancer. */
export class ApiStack extends GatewayStack {
  readonly publicApi: PublicApi;
  readonly authFunction: GatewayFunction;
  readonly aggregationFunction: GatewayFunction;
  readonly revocationFunction: GatewayFunction;
  /** The VPC link of both APIs. */
  readonly vpcLink: VpcLink;
  readonly webhooks: WebhookIngestion;

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, {
      description: 'The HTTP API, its authorizer and its integrations.',
      // The response mappings per status code would exceed the template limit of 1 MB with indentation.
      suppressTemplateIndentation: true,
      ...props,
    });
    const { configuration, network, cluster } = props;
    const { catalogue, environment } = configuration;
    const { vpc, securityGroups } = network;

    this.authFunction = this.#authorizerFunction(props);
    this.aggregationFunction = this.#aggregationFunction(props);
    this.revocationFunction = this.#revocationFunction(props);
    this.publicApi = new PublicApi(this, 'PublicApi', {
      name: `gatehouse-${environment.name}`,
      description: `The public API of ${environment.name}.`,
      cors: corsSettings(configuration),
      domain: environment.api.domain,
      logRetention: logRetention(environment),
      removalPolicy: removalPolicy(environment),
    });
    if (this.publicApi.domainTarget !== undefined) {
      new CfnOutput(this, 'DomainTarget', {
        description: `Target of the DNS record of ${this.publicApi.domainName}.`,
        value: this.publicApi.domainTarget,
      });
    }
    this.vpcLink = new VpcLink(this, 'VpcLink', {
      vpc,
      subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [securityGroups.vpcLink],
    });
    addCatalogueRoutes(this, {
      catalogue,
      publicApi: this.publicApi,
      loadBalancer: { vpcLink: this.vpcLink, listener: cluster.listener },
      authorizer: this.authFunction.live,
      aggregation: this.aggregationFunction.live,
      revocation: this.revocationFunction.live,
    });
    this.webhooks = this.#webhookIngestion(props);
  }

  #authorizerFunction({ configuration, bundles, network, data }: ApiStackProps): GatewayFunction {
    const { environment } = configuration;
    // By name: the AppConfig environment needs the alarms, and the alarms need this function.
    const policy = runtimePolicyNames(environment.name);
    return new AuthorizerFunction(this, 'Auth', {
      ...functionDefaults(environment, network),
      ...functionSize(environment, 'auth'),
      securityGroup: network.securityGroups.functions.auth,
      code: bundles.lambda('auth'),
      runtimePolicy: `${policy.application}/${policy.environment}/${policy.profile}`,
      originSecret: data.secrets.origin,
      keyPepper: data.secrets.keyPepper,
      tokenSecrets: data.secrets.tokens,
      tokenIssuers: data.deployedIssuers,
      tables: data.tables,
      limitStore: data.limitStore.loginAs('auth'),
    });
  }

  #aggregationFunction({ configuration, bundles, network, data, cluster }: ApiStackProps): GatewayFunction {
    const { environment } = configuration;
    return new AggregationFunction(this, 'Aggregation', {
      ...functionDefaults(environment, network),
      ...functionSize(environment, 'aggregation'),
      securityGroup: network.securityGroups.functions.aggregation,
      code: bundles.lambda('aggregation'),
      loadBalancerName: cluster.loadBalancer.loadBalancerDnsName,
      limitStore: data.limitStore.loginAs('aggregation'),
    });
  }

  #revocationFunction({ configuration, bundles, network, data }: ApiStackProps): GatewayFunction {
    const { environment } = configuration;
    return new RevocationFunction(this, 'Revocation', {
      ...functionDefaults(environment, network),
      securityGroup: network.securityGroups.functions.revocation,
      code: bundles.lambda('revocation'),
      tokenSecrets: data.secrets.tokens,
      tokenIssuers: data.deployedIssuers,
      limitStore: data.limitStore.loginAs('revocation'),
    });
  }

  #webhookIngestion({ configuration, bundles, network, data }: ApiStackProps): WebhookIngestion {
    const { catalogue, environment } = configuration;
    const { functions } = network.securityGroups;
    const limitStore = data.limitStore.loginAs('webhooks');
    const webhooks = Object.values(catalogue.webhooks);
    return new WebhookIngestion(this, 'Webhooks', {
      ...functionDefaults(environment, network),
      securityGroup: functions.webhooks,
      drainSecurityGroup: functions.webhookDrain,
      receiverSize: functionSize(environment, 'webhooks'),
      environmentName: environment.name,
      receiverCode: bundles.lambda('webhooks'),
      drainCode: bundles.lambda('webhook-drain'),
      publicApi: this.publicApi,
      routeKeys: webhooks.map(webhookRouteKey),
      originSecret: data.secrets.origin,
      secrets: data.secrets.webhooks,
      fallback: data.webhookFallback,
      dataEnvironment: { ...limitStore.environment, ...data.events.environment },
      grantData: (grantee) => {
        limitStore.grantConnect(grantee);
        data.events.grantProduce(
          grantee,
          webhooks.map(({ topic }) => topic),
        );
      },
    });
  }
}

/** Settings that all functions of the stack share. */
function functionDefaults(environment: Environment, { vpc }: NetworkStack) {
  return {
    logRetention: logRetention(environment),
    removalPolicy: removalPolicy(environment),
    memoryMiB: environment.functions.memoryMiB,
    vpc,
  };
}

/** Memory, reserved and provisioned concurrency of a function that the environment configures. */
function functionSize(environment: Environment, name: ConfigurableFunction) {
  const { provisionedConcurrency, ...size } = functionCapacity(environment, name);
  if (provisionedConcurrency === undefined) return size;
  const { schedules } = environment.functions;
  return { ...size, provisionedConcurrency: { ...provisionedConcurrency, schedules } };
}
