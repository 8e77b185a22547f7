import type { Deployment, Resource } from '../../engine/assembly.ts';
import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import { type Emulated, readResources } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { vpcLinkType } from '../http-api/http-api-resources.ts';
import { compileWebAcls, type Firewall } from '../waf/web-acl.ts';
import type { RestAuthorizer } from './authorizer.ts';
import { unknownVariables } from './context-variables.ts';
import { type GatewayResponse, isResponseType } from './gateway-responses.ts';
import { compileSource, type MappingSource } from './mapping-source.ts';
import type { RestIntegration } from './proxy-integration.ts';
import {
  authorizerOfApiType,
  deploymentType,
  firewallAssociationType,
  gatewayResponseType,
  methodType,
  modelType,
  requestValidatorType,
  resourceOfApiType,
  restApiType,
  stageOfApiType,
} from './rest-api-resources.ts';
import { type BodyCheck, bodyCheck, type ParameterCheck, parameterCheck } from './validation.ts';

export interface RestMethod {
  readonly resourcePath: string;
  readonly authorizer: RestAuthorizer | null;
  readonly apiKeyRequired: boolean;
  readonly parameters: ParameterCheck;
  readonly body: BodyCheck | null;
  readonly integration: RestIntegration;
}

/** A REST API, compiled from its resources. */
export interface RestApi {
  readonly id: string;
  readonly stage: string;
  /** By `METHOD /path/{parameter}`, without the stage. */
  readonly methods: Readonly<Record<string, RestMethod>>;
  readonly responses: ReadonlyMap<string, GatewayResponse>;
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number } | null;
  /** Null when the stage has no access log. */
  readonly accessLogFormat: string | null;
  readonly firewall: Firewall;
}

/** Compiles the REST API of the deployment; null when there is none that can be served: the findings say reason. */
export function compileRestApi(
  deployment: Deployment,
  ports: Pick<GatewayPorts, 'now'>,
  findings: UnsupportedFeatures,
): RestApi | null {
  const [api, ...others] = readResources(deployment, restApiType, findings);
  for (const { resource } of others) findings.add(resource, '', 'a second REST API is not emulated.');
  readResources(deployment, deploymentType, findings);
  const [stage] = readResources(deployment, stageOfApiType, findings);
  const methods = compileMethods(deployment, findings);
  const responses = compileResponses(deployment, findings);
  const firewall = compileFirewall(deployment, ports.now, findings);
  if (api === undefined || stage === undefined) return null;
  const { AccessLogSetting: log, MethodSettings, StageName } = stage.properties;
  for (const name of unknownVariables(log?.Format ?? '')) {
    findings.add(stage.resource, 'AccessLogSetting.Format', `$context.${name} is not emulated.`);
  }
  const { ThrottlingRateLimit: ratePerSecond, ThrottlingBurstLimit: burst } = MethodSettings[0] ?? {};
  return {
    id: api.resource.id,
    stage: StageName,
    methods,
    responses,
    throttle: ratePerSecond === undefined || burst === undefined ? null : { ratePerSecond, burst },
    accessLogFormat: log?.Format ?? null,
    firewall,
  };
}

function compileMethods(deployment: Deployment, findings: UnsupportedFeatures): Record<string, RestMethod> {
  const byId = <T>(entries: readonly (readonly [string, T])[]) => new Map(entries);
  const parents = byId(
    readResources(deployment, resourceOfApiType, findings).map(
      ({ resource, properties }) => [resource.id, properties] as const,
    ),
  );
  const pathOf = (id: string): string => {
    const found = parents.get(id);
    if (found === undefined) return '';
    return `${pathOf(deployment.byReference(found.ParentId)?.id ?? '')}/${found.PathPart}`;
  };
  const authorizers = byId(
    readResources(deployment, authorizerOfApiType, findings).map(
      ({ resource, properties }) =>
        [
          resource.id,
          {
            functionReference: properties.AuthorizerUri,
            identitySources: properties.IdentitySource.split(',')
              .filter((source) => source !== '')
              .map((source) => source.slice('method.request.header.'.length)),
            ttlSeconds: properties.AuthorizerResultTtlInSeconds,
          },
        ] as const,
    ),
  );
  const validators = byId(
    readResources(deployment, requestValidatorType, findings).map(
      ({ resource, properties }) => [resource.id, properties] as const,
    ),
  );
  const models = byId(
    readResources(deployment, modelType, findings).map(
      ({ resource, properties }) => [resource.id, properties.Schema] as const,
    ),
  );
  return Object.fromEntries(
    readResources(deployment, methodType, findings).flatMap((method): [string, RestMethod][] => {
      const { resource, properties } = method;
      const find = <T>(property: string, reference: string | undefined, from: ReadonlyMap<string, T>) => {
        if (reference === undefined) return undefined;
        const found = from.get(deployment.byReference(reference)?.id ?? '');
        if (found === undefined)
          findings.add(resource, property, 'does not name a resource of this deployment.');
        return found;
      };
      const authorizer = find('AuthorizerId', properties.AuthorizerId, authorizers);
      const validator = find('RequestValidatorId', properties.RequestValidatorId, validators);
      const { 'application/json': json, $default: other } = properties.RequestModels ?? {};
      const schema = find('RequestModels', json, models);
      const otherSchema = find('RequestModels', other, models);
      const integration = compileIntegration(deployment, method, findings);
      if (integration === null) return [];
      const resourcePath = pathOf(deployment.byReference(properties.ResourceId)?.id ?? '') || '/';
      return [
        [
          `${properties.HttpMethod} ${resourcePath}`,
          {
            resourcePath,
            authorizer: properties.AuthorizationType === 'NONE' ? null : (authorizer ?? null),
            apiKeyRequired: properties.ApiKeyRequired,
            parameters:
              validator?.ValidateRequestParameters === true
                ? parameterCheck(properties.RequestParameters)
                : () => null,
            body: validator?.ValidateRequestBody === true ? bodyCheck(schema, otherSchema) : null,
            integration,
          },
        ],
      ];
    }),
  );
}

function compileIntegration(
  deployment: Deployment,
  { resource, properties }: Emulated<typeof methodType.emulated>,
  findings: UnsupportedFeatures,
): RestIntegration | null {
  const { Uri, ConnectionId, IntegrationTarget, ...integration } = properties.Integration;
  const fault = (property: string, reason: string) => {
    findings.add(resource, `Integration.${property}`, reason);
    return null;
  };
  if (deployment.byReference(ConnectionId)?.type !== vpcLinkType.type) {
    return fault('ConnectionId', 'does not name a VPC link of this deployment.');
  }
  const balancer = deployment.byReference(IntegrationTarget);
  const listener = deployment
    .ofType('AWS::ElasticLoadBalancingV2::Listener')
    .find(
      ({ properties: { LoadBalancerArn } }) =>
        balancer !== undefined && deployment.byReference(String(LoadBalancerArn))?.id === balancer.id,
    );
  if (listener === undefined)
    return fault('IntegrationTarget', 'does not name a load balancer with a listener.');
  const [, host = '', path = ''] = /^http:\/\/([^/]+)(\/.*)$/.exec(Uri) ?? [];
  if (deployment.byReference(host)?.id !== balancer?.id) {
    return fault('Uri', 'must name the same host as IntegrationTarget.');
  }
  const headers: Record<string, MappingSource> = {};
  const pathParameters: Record<string, MappingSource> = {};
  for (const [destination, value] of Object.entries(integration.RequestParameters)) {
    const [, place, name = ''] = /^integration\.request\.(header|path)\.(.+)$/.exec(destination) ?? [];
    const source = compileSource(value, properties.RequestParameters);
    if (place === undefined) fault(`RequestParameters["${destination}"]`, 'is not emulated.');
    else if (typeof source === 'string') fault(`RequestParameters["${destination}"]`, source);
    else if (place === 'header') headers[name.toLowerCase()] = source;
    else pathParameters[name] = source;
  }
  for (const [, name = ''] of path.matchAll(/\{(\w+)\}/g)) {
    if (!(name in pathParameters)) fault('Uri', `contains {${name}}, but no mapping sets it.`);
  }
  return {
    listenerId: listener.id,
    host,
    path,
    method: integration.IntegrationHttpMethod,
    timeoutMs: integration.TimeoutInMillis,
    headers,
    pathParameters,
  };
}

function compileResponses(
  deployment: Deployment,
  findings: UnsupportedFeatures,
): Map<string, GatewayResponse> {
  return new Map(
    readResources(deployment, gatewayResponseType, findings).map(({ resource, properties }) => {
      const { ResponseType, StatusCode, ResponseParameters, ResponseTemplates } = properties;
      const template = ResponseTemplates?.['application/json'];
      if (!isResponseType(ResponseType)) {
        findings.add(resource, 'ResponseType', `${ResponseType} is not a response type of REST APIs.`);
      }
      for (const name of unknownVariables(template ?? '')) {
        findings.add(resource, 'ResponseTemplates', `$context.${name} is not emulated.`);
      }
      return [
        ResponseType,
        {
          status: StatusCode === undefined ? undefined : Number(StatusCode),
          headers: Object.fromEntries(
            Object.entries(ResponseParameters).map(([name, value]) => [
              name.slice('gatewayresponse.header.'.length),
              value.slice(1, -1),
            ]),
          ),
          template,
        },
      ];
    }),
  );
}

/** The web ACL that is associated with the stage of the API; without one, every request passes. */
function compileFirewall(deployment: Deployment, now: () => number, findings: UnsupportedFeatures): Firewall {
  // The edge compiles the same web ACLs and reports their faults, so these findings are dropped.
  const acls = compileWebAcls(deployment, now, () => undefined, new UnsupportedFeatures());
  const [association] = readResources(deployment, firewallAssociationType, findings);
  if (association === undefined) return () => null;
  const { ResourceArn, WebACLArn } = association.properties;
  if (!isOf(deployment.byReference(ResourceArn), [restApiType.type, stageOfApiType.type])) {
    findings.add(association.resource, 'ResourceArn', 'does not name a REST API of this deployment.');
  }
  const acl = acls.get(deployment.byReference(WebACLArn)?.id ?? '');
  if (acl === undefined) {
    findings.add(association.resource, 'WebACLArn', 'does not name a web ACL of this deployment.');
  }
  return acl ?? (() => null);
}

const isOf = (resource: Resource | undefined, types: readonly string[]) =>
  resource !== undefined && types.includes(resource.type);
