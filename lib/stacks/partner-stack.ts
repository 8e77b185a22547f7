import { CfnOutput, Duration, type StackProps } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { env } from '../../lambda/partner-origin/contract.ts';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { refusalResponses } from '../../runtime/contracts/refusals.ts';
import { partnerProofName } from '../compile/partner-proof-name.ts';
import { apiRouteKeys, type Configuration } from '../config/index.ts';
import { WebAcl } from '../features/edge/web-acl/web-acl.ts';
import type { Bundles } from '../features/functions/bundles.ts';
import { GatewayFunction } from '../features/functions/gateway-function.ts';
import { PartnerApi } from '../features/partner-api/partner-api.ts';
import { PartnerDomain } from '../features/partner-api/partner-domain.ts';
import { partnerProofValue } from '../features/partner-api/partner-proof.ts';
import { PartnerUsagePlans } from '../features/partner-api/usage-plans.ts';
import type { ApiStack } from './api-stack.ts';
import type { ClusterStack } from './cluster-stack.ts';
import type { DataStack } from './data-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { logRetention, removalPolicy } from './settings.ts';

export interface PartnerStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly cluster: ClusterStack;
  readonly api: ApiStack;
}

/** The partner API: the REST API with its usage plans, API keys, origin authorizer and web ACL. */
export class PartnerStack extends GatewayStack {
  readonly restApi: RestApi;
  /** Domain name of the API for the edge. The stage is the first segment of the public path, so the origin path is empty. */
  readonly domainName: string;
  /** Ids of the usage plans, by the name of the plan. */
  readonly usagePlanIds: Readonly<Record<string, string>>;
  readonly originAuthorizerFunction: GatewayFunction;
  readonly accessLogs: ILogGroup;
  /** Name of the API's web ACL. */
  readonly webAclName: string;

  constructor(
    scope: Construct,
    id: string,
    { configuration, bundles, network, data, cluster: services, api, ...props }: PartnerStackProps,
  ) {
    const { catalogue, environment } = configuration;
    super(scope, id, { description: 'The REST API for partners, its plans, keys and web ACL.', ...props });
    const name = `gatehouse-${environment.name}-partner`;
    const keep = { logRetention: logRetention(environment), removalPolicy: removalPolicy(environment) };

    this.originAuthorizerFunction = new GatewayFunction(this, 'OriginAuthorizer', {
      ...keep,
      description: 'Refuses calls of the partner API that did not come through the edge.',
      code: bundles.lambda('partner-origin'),
      environment: { [env.originSecretId]: data.secrets.origin.name },
      memoryMiB: 256,
      timeout: Duration.seconds(5),
      vpc: network.vpc,
      securityGroup: network.securityGroups.functions.partnerOrigin,
    });
    data.secrets.origin.secret.grantRead(this.originAuthorizerFunction.function);

    const partnerApi = new PartnerApi(this, 'PartnerApi', {
      ...keep,
      name,
      description: `The partner API of ${environment.name}.`,
      vpcLink: api.vpcLink,
      loadBalancer: services.loadBalancer,
      originAuthorizer: this.originAuthorizerFunction.live,
      proof: partnerProofValue(partnerProofName(environment.name)),
      bypassesEdge: environment.partner.mutualTls !== undefined,
    });
    for (const [key, route] of Object.entries(catalogue.partnerRoutes)) {
      for (const methodKey of apiRouteKeys(key, { head: true })) partnerApi.addRoute(methodKey, route);
    }
    this.restApi = partnerApi.restApi;
    this.accessLogs = partnerApi.accessLogs;
    this.webAclName = name;
    this.domainName = `${this.restApi.restApiId}.execute-api.${this.region}.${this.urlSuffix}`;
    this.usagePlanIds = new PartnerUsagePlans(this, 'UsagePlans', {
      name,
      restApi: this.restApi,
      plans: catalogue.plans,
      keys: environment.partner.keys,
    }).ids;

    this.#protect(configuration, name, keep);
    if (environment.partner.mutualTls !== undefined) {
      const domain = new PartnerDomain(this, 'Domain', {
        ...environment.partner.mutualTls,
        restApi: this.restApi,
      });
      new CfnOutput(this, 'DomainTarget', {
        description: "Target of the DNS record of the partner API's domain.",
        value: domain.target,
      });
    }
  }

  /** Adds the web ACL. The edge inspects its requests already, but callers with a client certificate bypass the edge. */
  #protect(
    { catalogue, environment }: Configuration,
    name: string,
    keep: {
      readonly logRetention: ReturnType<typeof logRetention>;
      readonly removalPolicy: ReturnType<typeof removalPolicy>;
    },
  ): void {
    const methods = Object.keys(catalogue.partnerRoutes)
      .flatMap((key) => apiRouteKeys(key, { head: true }))
      .map((key) => key.slice(0, key.indexOf(' ')));
    const acl = new WebAcl(this, 'Firewall', {
      ...keep,
      scope: 'REGIONAL',
      name,
      rates: [
        { name: 'PartnerAddressRate', requests: environment.edge.requestsPerAddress, windowSeconds: 300 },
      ],
      bodies: {
        tooManyRequests: JSON.stringify(refusalResponses.throttled.body),
        methodNotAllowed: problem(405, 'Method Not Allowed', 'This path does not support the method.'),
        contentTooLarge: problem(413, 'Content Too Large', 'The body is too large.'),
        forbidden: JSON.stringify(refusalResponses.forbidden.body),
      },
      managedRules: environment.edge.managedRules,
      methods: [...new Set(methods)].sort(),
      // For a call through the edge, the peer of the connection is the edge. Anybody can call the API's default domain and
      // send the header, so the header counts only together with a value that only the edge sends.
      viewerAddress: {
        header: requestHeaders.viewerAddress,
        proof: {
          header: requestHeaders.partnerProof,
          value: partnerProofValue(partnerProofName(environment.name)),
        },
      },
    });
    new CfnWebACLAssociation(this, 'FirewallAssociation', {
      resourceArn: this.restApi.deploymentStage.stageArn,
      webAclArn: acl.arn,
    });
  }
}

function problem(status: number, title: string, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail });
}
