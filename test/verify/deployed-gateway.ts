import type { RuntimePolicyNames } from '../../lib/compile/runtime-policy-names.ts';
import type { EmulatedAccount, SignedCall } from './emulated-account.ts';

/** Response of a Lambda authorizer with simple responses. */
export interface AuthorizerResponse {
  readonly isAuthorized: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}

/** The parts of a usage plan that the tests read. */
export interface UsagePlan {
  readonly throttle: { readonly rateLimit: number; readonly burstLimit: number };
  readonly quota: { readonly limit: number; readonly period: string };
}

/** A usage plan as the engine returns it. Patched numbers are strings. */
interface ListedUsagePlan {
  readonly name: string;
  readonly throttle: { readonly rateLimit: number | string; readonly burstLimit: number | string };
  readonly quota: { readonly limit: number | string; readonly period: string };
}

/** Calls to the deployed gateway through the engine's service APIs. */
export interface DeployedGateway {
  /** Invokes the authorizer of the deployed HTTP API with the event of a call. */
  authorize(routeKey: string, headers: Readonly<Record<string, string>>): Promise<AuthorizerResponse>;
  /** Stores a document of the runtime policy and deploys it at once, like an operator. */
  deployRuntimePolicy(names: RuntimePolicyNames, document: object): Promise<void>;
  /** Invokes the function that updates usage plans, like AppConfig or the schedule. */
  keepPlansInStep(): Promise<unknown>;
  /** Current throttle and quota of a usage plan in API Gateway. */
  usagePlan(name: string): Promise<UsagePlan>;
  /** The current value of a secret in the gateway's region. */
  secret(name: string): Promise<string>;
}

export function deployedGateway(engine: EmulatedAccount, region: string): DeployedGateway {
  const read = async (answer: Response): Promise<unknown> => {
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The engine answered ${answer.status}: ${text}`);
    return JSON.parse(text) as unknown;
  };
  const api = async (path: string) => read(await engine.call('apigateway', region, path, { method: 'GET' }));

  const authorizerFunction = async (): Promise<string> => {
    const { items: apis } = (await api('/v2/apis')) as { items: readonly { apiId: string }[] };
    const [only, ...others] = apis;
    if (only === undefined || others.length > 0)
      throw new Error(`${apis.length} HTTP APIs are deployed. Exactly one is expected.`);
    const { items } = (await api(`/v2/apis/${only.apiId}/authorizers`)) as {
      items: readonly { authorizerUri: string }[];
    };
    const arn = /functions\/(arn:[^/]+)\/invocations/.exec(items[0]?.authorizerUri ?? '')?.[1];
    if (arn === undefined)
      throw new Error(`The authorizers of the API do not name a function: ${JSON.stringify(items)}`);
    return arn;
  };
  const appConfig = async (path: string, call: SignedCall = { method: 'GET' }) =>
    read(await engine.call('appconfig', region, path, call));
  const idOf = async (path: string, name: string): Promise<string> => {
    const { Items: items } = (await appConfig(path)) as { Items: readonly { Id: string; Name: string }[] };
    const found = items.find((item) => item.Name === name);
    if (found === undefined) throw new Error(`AppConfig has no "${name}" in ${path}.`);
    return found.Id;
  };
  return {
    async deployRuntimePolicy(names, document) {
      const application = `/applications/${await idOf('/applications', names.application)}`;
      const profile = await idOf(`${application}/configurationprofiles`, names.profile);
      const environment = await idOf(`${application}/environments`, names.environment);
      const versions = `${application}/configurationprofiles/${profile}/hostedconfigurationversions`;
      const stored = await engine.call('appconfig', region, versions, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(document),
      });
      const version = stored.headers.get('version-number');
      if (version === null) throw new Error(`The engine answered ${stored.status}: ${await stored.text()}`);
      await appConfig(`${application}/environments/${environment}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          ConfigurationProfileId: profile,
          ConfigurationVersion: version,
          DeploymentStrategyId: await idOf('/deploymentstrategies', names.emergency),
        }),
      });
    },
    async keepPlansInStep() {
      const { Functions: functions } = (await read(
        await engine.call('lambda', region, '/2015-03-31/functions', { method: 'GET' }),
      )) as { Functions: readonly { FunctionName: string }[] };
      const name = functions.find(({ FunctionName }) => FunctionName.includes('UsagePlanSync'))?.FunctionName;
      const path = `/2015-03-31/functions/${encodeURIComponent(String(name))}/invocations`;
      return read(await engine.call('lambda', region, path, { method: 'POST', body: '{}' }));
    },
    async usagePlan(name) {
      const listed = (await api('/usageplans')) as Readonly<Record<'item' | 'items', unknown>>;
      const plans = (listed.item ?? listed.items) as readonly ListedUsagePlan[];
      const found = plans.find((plan) => plan.name === name);
      if (found === undefined) throw new Error(`The usage plan ${name} does not exist.`);
      const { throttle, quota } = found;
      return {
        throttle: { rateLimit: Number(throttle.rateLimit), burstLimit: Number(throttle.burstLimit) },
        quota: { limit: Number(quota.limit), period: quota.period },
      };
    },
    async secret(name) {
      const answer = await engine.call('secretsmanager', region, '/', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'secretsmanager.GetSecretValue',
        },
        body: JSON.stringify({ SecretId: name }),
      });
      return ((await read(answer)) as { readonly SecretString: string }).SecretString;
    },
    async authorize(routeKey, headers) {
      const path = `/2015-03-31/functions/${encodeURIComponent(await authorizerFunction())}/invocations`;
      const body = JSON.stringify(authorizerEvent(routeKey, headers));
      return (await read(
        await engine.call('lambda', region, path, { method: 'POST', body }),
      )) as AuthorizerResponse;
    },
  };
}

/** Event of a Lambda authorizer in payload format 2.0 (API Gateway developer guide). */
function authorizerEvent(routeKey: string, headers: Readonly<Record<string, string>>): object {
  const [method, path] = routeKey.split(' ');
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: 'arn:aws:execute-api:eu-west-1:123456789012:api/$default/GET/',
    identitySource: null,
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: 'api.execute-api.eu-west-1.amazonaws.com',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'verification' },
      requestId: 'verification',
      routeKey,
      stage: '$default',
      time: '20/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_176_000_000,
    },
  };
}
