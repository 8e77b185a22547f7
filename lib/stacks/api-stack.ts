import { CfnOutput, Duration, type Stack, type StackProps } from 'aws-cdk-lib';
import { VpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { env as aggregationEnv } from '../../lambda/aggregation/contract.ts';
import { env as authEnv } from '../../lambda/auth/contract.ts';
import { type IssuerPolicy, tokenIssuersEnv } from '../../runtime/contracts/gateway-contract.ts';
import { type ResourceNames, resourceNamesParameter } from '../compile/resource-names.ts';
import { runtimePolicyNames } from '../compile/runtime-policy-names.ts';
import {
  apiRouteKeys,
  type Catalogue,
  type ConfigurableFunction,
  type Configuration,
  functionCapacity,
  type IntegrationGroup,
  integrationGroup,
  type Route,
  webhookRouteKey,
} from '../config/index.ts';
import { DecisionAuthorizer } from '../features/auth/decision-authorizer.ts';
import type { Bundles } from '../features/functions/bundles.ts';
import { GatewayFunction } from '../features/functions/gateway-function.ts';
import {
  allowInvocation,
  FunctionIntegration,
  type IntegrationTarget,
  LoadBalancerIntegration,
  type LoadBalancerRoute,
} from '../features/public-api/integrations.ts';
import { PublicApi } from '../features/public-api/public-api.ts';
import {
  decisionMappings,
  functionMappings,
  healthMappings,
  requestChanges,
  rewrittenMappings,
} from '../features/public-api/request-mappings.ts';
import { healthResponseMappings, responseMappings } from '../features/public-api/response-mappings.ts';
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

/** The public API: the HTTP API, the function that decides on every call, and the ways to the services. */
export class ApiStack extends GatewayStack {
  readonly publicApi: PublicApi;
  readonly authFunction: GatewayFunction;
  readonly aggregationFunction: GatewayFunction;
  readonly revocationFunction: GatewayFunction;
  /** The way to the load balancer, for the partner API, too. */
  readonly vpcLink: VpcLink;
  readonly webhooks: WebhookIngestion;

  constructor(
    scope: Construct,
    id: string,
    { configuration, bundles, network, data, cluster: services, ...props }: ApiStackProps,
  ) {
    const { catalogue, environment } = configuration;
    super(scope, id, {
      description: 'The HTTP API, its authorizer and its integrations.',
      // Its mappings, by status code, would be twice as long in a template that has 1 MB.
      suppressTemplateIndentation: true,
      ...props,
    });
    const { vpc, securityGroups } = network;
    const keep = { logRetention: logRetention(environment), removalPolicy: removalPolicy(environment) };
    const functionDefaults = { ...keep, vpc };
    const defaultSize = { memoryMiB: environment.functions.memoryMiB };

    // By name: AppConfig's environment needs the alarms, and those need this function.
    const policy = runtimePolicyNames(environment.name);
    this.authFunction = new GatewayFunction(this, 'Auth', {
      ...functionDefaults,
      securityGroup: securityGroups.functions.auth,
      ...sizeOf(environment, 'auth'),
      description: 'Decides on every call: who, may they, how much is left.',
      code: bundles.lambda('auth'),
      environment: {
        [authEnv.originSecretId]: data.originSecretName,
        [authEnv.runtimePolicy]: `${policy.application}/${policy.environment}/${policy.profile}`,
        [authEnv.runtimePolicyPollSeconds]: '30',
        [authEnv.keyPepperId]: data.keyPepperName,
        [authEnv.clientsTable]: data.tables.clients.tableName,
        [authEnv.usageTable]: data.tables.usage.tableName,
        ...data.limitStore.loginAs('auth').environment,
        ...issuerVariables(this, data.deployedIssuers),
      },
      // An HTTP API waits 10 s for its authorizer; nobody waits that long for a page.
      timeout: Duration.seconds(5),
    });
    data.originSecret.grantRead(this.authFunction.function);
    data.keyPepper.grantRead(this.authFunction.function);
    data.limitStore.loginAs('auth').grantConnect(this.authFunction.function);
    data.tables.grantReadClient(this.authFunction.function);
    data.tables.grantReadUsage(this.authFunction.function);

    this.aggregationFunction = new GatewayFunction(this, 'Aggregation', {
      ...functionDefaults,
      securityGroup: securityGroups.functions.aggregation,
      ...sizeOf(environment, 'aggregation'),
      description: 'Answers by several services, and for external ones.',
      code: bundles.lambda('aggregation'),
      environment: {
        [aggregationEnv.loadBalancerUrl]: `http://${services.loadBalancer.loadBalancerDnsName}`,
        ...data.limitStore.loginAs('aggregation').environment,
      },
      // The API gives up after 29 s at most; the function must still be there to answer for a slow part.
      timeout: Duration.seconds(30),
    });
    data.limitStore.loginAs('aggregation').grantConnect(this.aggregationFunction.function);

    this.revocationFunction = new GatewayFunction(this, 'Revocation', {
      ...functionDefaults,
      securityGroup: securityGroups.functions.revocation,
      ...defaultSize,
      description: 'Revokes tokens before they expire.',
      code: bundles.lambda('revocation'),
      environment: {
        ...data.limitStore.loginAs('revocation').environment,
        ...issuerVariables(this, data.deployedIssuers),
      },
      timeout: Duration.seconds(10),
    });
    data.limitStore.loginAs('revocation').grantConnect(this.revocationFunction.function);
    for (const secret of data.tokenSecrets) {
      secret.grantRead(this.authFunction.function);
      secret.grantRead(this.revocationFunction.function);
    }

    this.publicApi = new PublicApi(this, 'PublicApi', {
      ...keep,
      name: `gatehouse-${environment.name}`,
      description: `The public API of ${environment.name}.`,
      cors: corsSettings(configuration),
      domain: environment.api.domain,
    });
    if (this.publicApi.domainTarget !== undefined) {
      new CfnOutput(this, 'DomainTarget', {
        description: `What ${this.publicApi.domainName} has to lead to.`,
        value: this.publicApi.domainTarget,
      });
    }
    this.vpcLink = new VpcLink(this, 'VpcLink', {
      vpc,
      subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [securityGroups.vpcLink],
    });
    this.serveRoutes(catalogue, { vpcLink: this.vpcLink, listener: services.listener });
    this.webhooks = new WebhookIngestion(this, 'Webhooks', {
      ...functionDefaults,
      securityGroup: securityGroups.functions.webhooks,
      drainSecurityGroup: securityGroups.functions.webhookDrain,
      ...defaultSize,
      receiverSize: sizeOf(environment, 'webhooks'),
      environmentName: environment.name,
      receiverCode: bundles.lambda('webhooks'),
      drainCode: bundles.lambda('webhook-drain'),
      publicApi: this.publicApi,
      routeKeys: Object.values(configuration.catalogue.webhooks).map(webhookRouteKey),
      originSecret: data.originSecret,
      originSecretName: data.originSecretName,
      secrets: data.webhookSecrets,
      fallback: data.webhookFallback,
      dataEnvironment: { ...data.limitStore.loginAs('webhooks').environment, ...data.events.environment },
      grantData: (grantee) => {
        data.limitStore.loginAs('webhooks').grantConnect(grantee);
        data.events.grantProduce(
          grantee,
          Object.values(configuration.catalogue.webhooks).map(({ topic }) => topic),
        );
      },
    });
    this.publishResourceNames(environment.name, {
      clientsTable: data.tables.clients.tableName,
      usageTable: data.tables.usage.tableName,
      auditTable: data.tables.policyAudit.tableName,
      authorizer: this.authFunction.live.functionArn,
      revocation: this.revocationFunction.live.functionArn,
      webhookQueue: this.webhooks.queue.queueUrl,
      webhookDeadLetterQueue: this.webhooks.deadLetters.queueUrl,
    });
  }

  private publishResourceNames(environment: string, operations: ResourceNames): void {
    new StringParameter(this, 'Operations', {
      parameterName: resourceNamesParameter(environment),
      description: "What the operators' commands must know of this environment.",
      stringValue: this.toJsonString(operations),
    });
  }

  private serveRoutes(catalogue: Catalogue, loadBalancer: LoadBalancerRoute): void {
    const { httpApi } = this.publicApi;
    const health = new LoadBalancerIntegration(this, 'Health', {
      ...loadBalancer,
      httpApi,
      requestMappings: healthMappings,
      responseMappings: healthResponseMappings,
      timeoutSeconds: 5,
    });
    for (const method of ['GET', 'HEAD']) {
      this.publicApi.addRoute(`${method} ${catalogue.healthPath}`, health, {
        withoutAuthorizer:
          'The health route: the load balancer answers it with a word, and no service is asked.',
      });
    }

    const authorizer = new DecisionAuthorizer(this, 'DecisionAuthorizer', {
      httpApi,
      handler: this.authFunction.live,
    });
    const integrations = new Map<string, IntegrationTarget>();
    const methods = methodsByGroup(catalogue);
    for (const [key, route] of Object.entries(catalogue.routes)) {
      const group = integrationGroup(catalogue, route);
      const integration =
        integrations.get(group.id) ??
        this.#integrate({ ...group, methods: methods.get(group.id) ?? new Set() }, route, loadBalancer);
      integrations.set(group.id, integration);
      for (const apiKey of apiRouteKeys(key, route))
        this.publicApi.addRoute(apiKey, integration, authorizer, route.throttle);
    }
    allowInvocation(this, 'RoutesPermission', httpApi, this.aggregationFunction.live);
    allowInvocation(this, 'RevocationPermission', httpApi, this.revocationFunction.live);
  }

  #integrate(
    {
      id,
      target,
      isShared,
      isRewritten,
      methods,
    }: IntegrationGroup & { readonly methods: ReadonlySet<string> },
    { timeoutSeconds, requestHeaders, responseHeaders, deprecated }: Route,
    loadBalancer: LoadBalancerRoute,
  ): IntegrationTarget {
    const props = {
      httpApi: this.publicApi.httpApi,
      responseMappings: responseMappings(
        { methods, shared: isShared, headers: responseHeaders, deprecated },
        target === 'service' ? 'service' : 'function',
      ),
      timeoutSeconds,
    };
    const changes = requestChanges(requestHeaders);
    if (target === 'service') {
      const requestMappings = { ...decisionMappings, ...changes, ...(isRewritten ? rewrittenMappings : {}) };
      return new LoadBalancerIntegration(this, id, { ...props, ...loadBalancer, requestMappings });
    }
    const { live } = target === 'function' ? this.revocationFunction : this.aggregationFunction;
    const requestMappings = { ...functionMappings, ...changes };
    return new FunctionIntegration(this, id, { ...props, requestMappings, handler: live });
  }
}

/** Memory, reservation and warm instances of a function that has settings of its own. */
function sizeOf(environment: Configuration['environment'], name: ConfigurableFunction) {
  const { provisionedConcurrency, ...figures } = functionCapacity(environment, name);
  if (provisionedConcurrency === undefined) return figures;
  const { schedules } = environment.functions;
  return { ...figures, provisionedConcurrency: { ...provisionedConcurrency, schedules } };
}

/** The methods of the routes that share an integration, by its group's id. */
function methodsByGroup(catalogue: Catalogue): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  for (const [key, route] of Object.entries(catalogue.routes)) {
    const { id } = integrationGroup(catalogue, route);
    const known = methods.get(id) ?? new Set();
    methods.set(id, known.add(key.slice(0, key.indexOf(' '))));
  }
  return methods;
}

/** Issuers whose names are known only once they are made. */
function issuerVariables(stack: Stack, issuers: readonly IssuerPolicy[]): Record<string, string> {
  return issuers.length === 0 ? {} : { [tokenIssuersEnv]: stack.toJsonString(issuers) };
}
