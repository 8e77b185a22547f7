import { CfnOutput, SecretValue, Stack, type StackProps } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import { refusalAnswers, requestHeaders } from '../../lambda/shared/contract.ts';
import { type Catalogue, type Configuration, cachePatterns } from '../config/index.ts';
import { EdgeAccessLogs } from '../constructs/edge-access-logs.ts';
import { EdgeDistribution } from '../constructs/edge-distribution.ts';
import { LogBucket } from '../constructs/log-bucket.ts';
import { WebAcl } from '../constructs/web-acl.ts';
import { viewerRequestCode } from '../edge-functions/build.ts';
import type { ApiStack } from './api-stack.ts';
import { logRetention, removalPolicy } from './settings.ts';

export interface EdgeStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly api: ApiStack;
  /** Name under which the secret is found in this stack's region, too. */
  readonly originSecretName: string;
}

/** CloudFront and its firewall, in us-east-1 as CloudFront asks. */
export class EdgeStack extends Stack {
  readonly distribution: IDistribution;

  constructor(
    scope: Construct,
    id: string,
    { configuration, api, originSecretName, ...props }: EdgeStackProps,
  ) {
    const { catalogue, environment } = configuration;
    super(scope, id, { description: 'The edge: CloudFront, its function and its firewall.', ...props });
    const name = `gatehouse-${environment.name}`;
    const keep = { removalPolicy: removalPolicy(environment) };

    const acl = new WebAcl(this, 'Firewall', {
      ...keep,
      name,
      rates: [
        { name: 'AddressRate', requests: environment.edge.requestsPerAddress, windowSeconds: 300 },
        {
          name: 'AnonymousAddressRate',
          requests: environment.edge.anonymousRequestsPerAddress,
          windowSeconds: 60,
          pathPrefixes: anonymousPrefixes(catalogue),
        },
      ],
      tooManyRequestsBody: JSON.stringify(refusalAnswers.throttled.body),
      managedRules: environment.edge.managedRules,
      logRetention: logRetention(environment),
    });
    const { distribution } = new EdgeDistribution(this, 'Edge', {
      comment: `The store door of ${environment.name}.`,
      originDomain: `${api.gateway.httpApi.apiId}.execute-api.${api.region}.${this.urlSuffix}`,
      originHeaders: {
        // A dynamic reference: the value is in the distribution, never in a template.
        [requestHeaders.originSecret]: SecretValue.secretsManager(originSecretName).unsafeUnwrap(),
      },
      cachePatterns: cachePatterns(catalogue),
      viewerRequestCode: viewerRequestCode(Object.keys(catalogue.routes).map(pathOf)),
      priceClass: environment.edge.priceClass,
      webAclArn: acl.arn,
      domain: environment.edge.domain,
    });
    this.distribution = distribution;

    const { bucket } = new LogBucket(this, 'AccessLogs', {
      ...keep,
      logicalId: 'EdgeAccessLogs',
      retentionDays: environment.logs.retentionDays,
    });
    new EdgeAccessLogs(this, 'AccessLogDelivery', { name: `${name}-edge`, distribution, bucket });
    new CfnOutput(this, 'Url', {
      description: "The store door's address.",
      value: `https://${environment.edge.domain?.name ?? distribution.distributionDomainName}`,
    });
  }
}

function pathOf(routeKey: string): string {
  return routeKey.slice(routeKey.indexOf(' ') + 1);
}

/**
 * Where anonymous callers read: the paths of the anonymous routes up to their first parameter, with and without the
 * version, because the firewall sees a request before the edge has put its version into the path.
 */
function anonymousPrefixes(catalogue: Catalogue): string[] {
  const prefixes = Object.entries(catalogue.routes)
    .filter(([, route]) => route.access === 'anonymous')
    .map(([key]) => pathOf(key).replace(/\{.*$/, ''))
    .flatMap((prefix) => [prefix, prefix.replace(/^\/v\d+(?=\/)/, '')]);
  const distinct = [...new Set(prefixes)];
  return distinct.filter((prefix) => !distinct.some((other) => other !== prefix && prefix.startsWith(other)));
}
