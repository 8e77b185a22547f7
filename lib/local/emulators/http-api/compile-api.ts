import type { Deployment, Resource } from '../../engine/assembly.ts';
import { type Emulated, readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { unknownVariables } from './access-log.ts';
import type { Authorizer } from './authorizer.ts';
import type { ApiIdentity } from './call.ts';
import { type Cors, compileCors, noCors } from './cors.ts';
import {
  apiType,
  authorizerType,
  integrationType,
  routeType,
  stageType,
  vpcLinkType,
} from './http-api-resources.ts';
import type { Integration } from './integration.ts';
import { compileMapping, type Mapping } from './mapping.ts';
import { compileSource, type MappingSource } from './mapping-source.ts';

export interface Route {
  readonly key: string;
  readonly integration: Integration;
  readonly authorizer: Authorizer | null;
  readonly throttle: Throttle | null;
}

export interface Throttle {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** An HTTP API, compiled from its resources. */
export interface Api {
  readonly facts: ApiIdentity;
  readonly cors: Cors;
  readonly routes: Readonly<Record<string, Route>>;
  /** Null when the stage has no access log. */
  readonly accessLogFormat: string | null;
}

/** Compiles the HTTP API of the deployment; null when there is none that can be served: the findings say reason. */
export function compileApi(deployment: Deployment, findings: UnsupportedFeatures): Api | null {
  const authorizers = compileAuthorizers(deployment, findings);
  const integrations = compileIntegrations(deployment, findings);
  const routes = readResources(deployment, routeType, findings);
  const stages = readResources(deployment, stageType, findings);
  const [api, ...others] = readResources(deployment, apiType, findings);
  for (const { resource } of others) findings.add(resource, '', 'a second HTTP API is not emulated.');
  if (api === undefined) return null;
  const stage = stages.find(({ properties }) => refersTo(deployment, properties.ApiId, api.resource));
  if (stage === undefined) {
    findings.add(api.resource, '', 'does not have an emulated stage.');
    return null;
  }
  const {
    AccessLogSettings,
    DefaultRouteSettings,
    RouteSettings = {},
    StageVariables = {},
  } = stage.properties;
  for (const name of unknownVariables(AccessLogSettings?.Format ?? '')) {
    findings.add(
      stage.resource,
      'AccessLogSettings.Format',
      `$context.${name} is not a variable of HTTP APIs.`,
    );
  }
  const declared = routes.flatMap(({ resource, properties }): [string, Route][] => {
    const { RouteKey, Target, AuthorizationType, AuthorizerId = '' } = properties;
    const integration = integrations.get(deployment.byReference(Target)?.id ?? '');
    const authorizer = authorizers.get(deployment.byReference(AuthorizerId)?.id ?? '');
    if (integration === undefined) findings.add(resource, 'Target', 'does not name an emulated integration.');
    if (AuthorizationType === 'CUSTOM' && authorizer === undefined) {
      findings.add(resource, 'AuthorizerId', 'does not name an emulated authorizer.');
    }
    if (integration === undefined) return [];
    return [
      [
        RouteKey,
        {
          key: RouteKey,
          integration,
          authorizer: AuthorizationType === 'CUSTOM' ? (authorizer ?? null) : null,
          throttle: throttleOf({ ...DefaultRouteSettings, ...RouteSettings[RouteKey] }),
        },
      ],
    ];
  });
  return {
    facts: {
      apiId: api.resource.id,
      // A placeholder account, and the region from the URI of the authorizer.
      accountId: '000000000000',
      region: regionOf([...authorizers.values()]),
      stage: stage.properties.StageName,
      stageVariables: StageVariables,
    },
    cors:
      api.properties.CorsConfiguration === undefined ? noCors : compileCors(api.properties.CorsConfiguration),
    routes: Object.fromEntries(declared),
    accessLogFormat: AccessLogSettings?.Format ?? null,
  };
}

function compileAuthorizers(deployment: Deployment, findings: UnsupportedFeatures): Map<string, Authorizer> {
  return new Map(
    readResources(deployment, authorizerType, findings).map(({ resource, properties }) => {
      const identitySources = properties.IdentitySource.flatMap((text): MappingSource[] => {
        const source = compileSource(text);
        if (typeof source !== 'string') return [source];
        findings.add(resource, 'IdentitySource', source);
        return [];
      });
      return [resource.id, { functionReference: properties.AuthorizerUri, identitySources }];
    }),
  );
}

function compileIntegrations(
  deployment: Deployment,
  findings: UnsupportedFeatures,
): Map<string, Integration> {
  const links = new Set(readResources(deployment, vpcLinkType, findings).map(({ resource }) => resource.id));
  return new Map(
    readResources(deployment, integrationType, findings).flatMap((integration): [string, Integration][] => {
      const { resource, properties } = integration;
      const target = compileTarget(deployment, integration, links, findings);
      if (target === null) return [];
      const report = (property: string) => (fault: string) => findings.add(resource, property, fault);
      const request = Object.entries(properties.RequestParameters ?? {}).flatMap(([Destination, Source]) =>
        mappings([{ Destination, Source }], 'request', report(`RequestParameters["${Destination}"]`)),
      );
      const response = Object.entries(properties.ResponseParameters ?? {}).map(
        ([status, { ResponseParameters }]) => [
          status,
          mappings(ResponseParameters, 'response', report(`ResponseParameters["${status}"]`)),
        ],
      );
      return [[resource.id, { target, request, response: Object.fromEntries(response) }]];
    }),
  );
}

function mappings(
  parameters: readonly { readonly Destination: string; readonly Source: string }[],
  side: 'request' | 'response',
  report: (fault: string) => void,
): Mapping[] {
  return parameters.flatMap(({ Destination, Source }) => {
    const compiled = compileMapping(Destination, Source, side);
    if (typeof compiled !== 'string') return [compiled];
    report(compiled);
    return [];
  });
}

function compileTarget(
  deployment: Deployment,
  { resource, properties }: Emulated<typeof integrationType.emulated>,
  links: ReadonlySet<string>,
  findings: UnsupportedFeatures,
): Integration['target'] | null {
  const { IntegrationType, IntegrationUri, PayloadFormatVersion, TimeoutInMillis: timeoutMs } = properties;
  const fault = (property: string, reason: string) => {
    findings.add(resource, property, reason);
    return null;
  };
  const target = deployment.byReference(IntegrationUri);
  if (IntegrationType === 'AWS_PROXY') {
    if (PayloadFormatVersion !== '2.0')
      return fault('PayloadFormatVersion', 'only 2.0 is emulated for functions.');
    if (target?.type !== 'AWS::Lambda::Function')
      return fault('IntegrationUri', 'does not name a function of this deployment.');
    return { kind: 'lambda', functionReference: IntegrationUri, timeoutMs };
  }
  if (properties.ConnectionType !== 'VPC_LINK')
    return fault('ConnectionType', 'only VPC_LINK is emulated for HTTP.');
  if (!links.has(deployment.byReference(properties.ConnectionId ?? '')?.id ?? '')) {
    return fault('ConnectionId', 'does not name a VPC link of this deployment.');
  }
  if (target?.type !== 'AWS::ElasticLoadBalancingV2::Listener') {
    return fault('IntegrationUri', 'does not name a listener of this deployment.');
  }
  return {
    kind: 'listener',
    listenerId: target.id,
    method: properties.IntegrationMethod ?? 'ANY',
    timeoutMs,
  };
}

function throttleOf(settings: {
  readonly ThrottlingBurstLimit?: number | undefined;
  readonly ThrottlingRateLimit?: number | undefined;
}): Throttle | null {
  const { ThrottlingBurstLimit: burst, ThrottlingRateLimit: ratePerSecond } = settings;
  return burst === undefined || ratePerSecond === undefined ? null : { burst, ratePerSecond };
}

function refersTo(deployment: Deployment, reference: string, resource: Resource): boolean {
  return deployment.byReference(reference)?.id === resource.id;
}

/** `arn:aws:apigateway:<region>:lambda:path/…` */
function regionOf(authorizers: readonly Authorizer[]): string {
  return authorizers[0]?.functionReference.split(':')[3] ?? '';
}
