import { CfnOutput, type RemovalPolicy, SecretValue, type StackProps } from 'aws-cdk-lib';
import { type IDistribution, KeyValueStore } from 'aws-cdk-lib/aws-cloudfront';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { type EdgeResourceNames, edgeResourceNamesParameter } from '../compile/edge-resource-names.ts';
import { partnerProofName } from '../compile/partner-proof-name.ts';
import { type Catalogue, type Configuration, cachePatterns, type Environment } from '../config/index.ts';
import { LogBucket } from '../features/common/log-bucket.ts';
import { EdgeAccessLogs } from '../features/edge/access-logs.ts';
import { EdgeDistribution } from '../features/edge/distribution.ts';
import { EdgeAlarms } from '../features/edge/edge-alarms.ts';
import { viewerRequestCode } from '../features/edge/viewer-request/build.ts';
import { WebAcl } from '../features/edge/web-acl/web-acl.ts';
import type { IpRateLimit } from '../features/edge/web-acl/web-acl-props.ts';
import { AlarmTopic } from '../features/observability/alarm-topic.ts';
import { partnerProofValue } from '../features/partner-api/partner-proof.ts';
import { StaticFiles } from '../features/web/static-files.ts';
import type { ApiStack } from './api-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import { corsSettings, logRetention, removalPolicy, webAclSettings } from './settings.ts';

export interface EdgeStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly api: ApiStack;
  /** Domain name of the public API for the edge. @default - the default name of the API */
  readonly apiDomainName?: string | undefined;
  /** The partner API. @default - none */
  readonly partner?: { readonly domainName: string };
  /** Name of the origin secret; the edge's region has a replica. */
  readonly originSecretName: string;
}

/** CloudFront and its web ACL, in us-east-1 as CloudFront requires. */
export class EdgeStack extends GatewayStack {
  readonly distribution: IDistribution;
  readonly webAclArn: string;

  constructor(
    scope: Construct,
    id: string,
    { configuration, api, apiDomainName, partner, originSecretName, ...props }: EdgeStackProps,
  ) {
    const { catalogue, environment } = configuration;
    const { edge } = environment;
    super(scope, id, {
      description: 'The edge: CloudFront, its viewer-request function and its web ACL.',
      ...props,
    });
    const name = `gatehouse-${environment.name}`;
    const keep = { removalPolicy: removalPolicy(environment) };

    const acl = new WebAcl(this, 'Firewall', {
      ...keep,
      ...webAclSettings(configuration),
      name,
      scope: 'CLOUDFRONT',
      rates: addressRates(catalogue, edge),
      logRetention: logRetention(environment),
    });
    const switches = new KeyValueStore(this, 'Switches', {
      comment: `Kill switches and blocked clients of ${environment.name}.`,
    });
    const { distribution } = new EdgeDistribution(this, 'Edge', {
      comment: `The public API of ${environment.name}.`,
      originDomain: apiDomainName ?? api.publicApi.domainName,
      originHeaders: {
        // A dynamic reference: CloudFormation puts the value into the distribution, and the template does not contain it.
        [requestHeaders.originSecret]: SecretValue.secretsManager(originSecretName).unsafeUnwrap(),
      },
      originClientCertificateArn: edge.originClientCertificateArn,
      cors: corsSettings(configuration),
      apiPatterns: apiPatterns(catalogue).filter((pattern) => !cachePatterns(catalogue).includes(pattern)),
      cachePatterns: cachePatterns(catalogue),
      partner:
        partner === undefined
          ? undefined
          : {
              domainName: partner.domainName,
              headers: {
                [requestHeaders.partnerProof]: partnerProofValue(partnerProofName(environment.name)),
              },
            },
      files: edge.static === undefined ? undefined : this.#files(edge.static.pathPrefixes, keep),
      storefront: edge.storefront,
      contentSecurityPolicy: edge.contentSecurityPolicy,
      viewerRequestCode: viewerRequestCode(Object.keys(catalogue.routes).map(pathOf)),
      switches,
      priceClass: edge.priceClass,
      webAclArn: acl.arn,
      domain: edge.domain,
    });
    this.distribution = distribution;
    this.webAclArn = acl.arn;

    const { bucket } = new LogBucket(this, 'AccessLogs', {
      ...keep,
      logicalId: 'EdgeAccessLogs',
      retentionDays: environment.logs.retentionDays,
    });
    new EdgeAccessLogs(this, 'AccessLogDelivery', { name: `${name}-edge`, distribution, bucket });
    new EdgeAlarms(this, 'Alarms', {
      topic: new AlarmTopic(this, 'AlarmTopic', { emails: environment.alarms.emails }).topic,
      distributionId: distribution.distributionId,
      webAclName: name,
    });
    this.#publishResourceNames(environment.name, {
      distributionId: distribution.distributionId,
      switchesArn: switches.keyValueStoreArn,
    });
    new CfnOutput(this, 'Url', {
      description: 'URL of the public API.',
      value: `https://${edge.domain?.name ?? distribution.distributionDomainName}`,
    });
  }

  #files(pathPrefixes: readonly string[], keep: { removalPolicy: RemovalPolicy }) {
    const { bucketName, origin } = new StaticFiles(this, 'Static', keep);
    new CfnOutput(this, 'StaticBucket', {
      description: `Bucket of the files of ${pathPrefixes.join(', ')}; object keys are the whole paths.`,
      value: bucketName,
    });
    return { origin, pathPrefixes };
  }

  #publishResourceNames(environment: string, operations: EdgeResourceNames): void {
    new StringParameter(this, 'Operations', {
      parameterName: edgeResourceNamesParameter(environment),
      description: "Resource names of this environment's edge for the operators' commands.",
      stringValue: this.toJsonString(operations),
    });
  }
}

/** Rate limits per IP address: all requests, preflights, anonymous routes, and sign-in. */
function addressRates(catalogue: Catalogue, edge: Environment['edge']): IpRateLimit[] {
  return [
    { name: 'AddressRate', requests: edge.requestsPerAddress, windowSeconds: 300 },
    { name: 'PreflightRate', requests: edge.requestsPerAddress, windowSeconds: 300, of: 'preflights' },
    {
      name: 'AnonymousAddressRate',
      requests: edge.anonymousRequestsPerAddress,
      windowSeconds: 60,
      pathPrefixes: anonymousPrefixes(catalogue),
    },
    {
      name: 'SignInAddressRate',
      requests: edge.signInRequestsPerAddress,
      windowSeconds: 60,
      pathPrefixes: ['/auth/'],
    },
  ];
}

/** Path patterns of all routes: by the first segment, with and without the version prefix. */
function apiPatterns(catalogue: Catalogue): string[] {
  const paths = Object.keys(catalogue.routes).map(pathOf);
  const all = [catalogue.healthPath, ...paths, ...paths.map((path) => path.replace(/^\/v\d+(?=\/)/, ''))];
  return [
    ...new Set(
      all.flatMap((path) => {
        const [, first = '', ...others] = path.split('/');
        return others.length === 0 ? [`/${first}`] : [`/${first}/*`];
      }),
    ),
  ].sort();
}

function pathOf(routeKey: string): string {
  return routeKey.slice(routeKey.indexOf(' ') + 1);
}

/**
 * Path prefixes that anonymous callers read: the paths of the anonymous routes up to the first parameter, with and without
 * the version, because AWS WAF sees a request before the edge adds the version to the path.
 */
function anonymousPrefixes(catalogue: Catalogue): string[] {
  const prefixes = Object.entries(catalogue.routes)
    .filter(([, route]) => route.access === 'anonymous')
    .map(([key]) => pathOf(key).replace(/\{.*$/, ''))
    .flatMap((prefix) => [prefix, prefix.replace(/^\/v\d+(?=\/)/, '')]);
  const distinct = [...new Set(prefixes)];
  return distinct.filter((prefix) => !distinct.some((other) => other !== prefix && prefix.startsWith(other)));
}
