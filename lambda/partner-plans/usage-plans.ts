import type { AwsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { callAwsRest } from '../../runtime/aws/aws-rest.ts';
import { type TextResponse, UnexpectedStatusError } from '../../runtime/http/fetch-json.ts';
import type { UsagePlanSettings } from './contract.ts';
import type { PatchOperation } from './usage-plan-patch.ts';

/** Usage plans of API Gateway. Both reject when it does not answer, or not as hoped for. */
export interface UsagePlans {
  read(id: string): Promise<UsagePlanSettings>;
  patch(id: string, operations: readonly PatchOperation[]): Promise<void>;
}

/** The control plane is slower than what a decision may wait for; nobody waits for this. */
const timeoutMilliseconds = 5_000;

/**
 * GetUsagePlan and UpdateUsagePlan, each tried once.
 *
 * @param endpoint Base URL of API Gateway's control plane, without a path.
 */
export function createUsagePlans(credentials: AwsCredentials, endpoint: string): UsagePlans {
  const call = async (method: 'GET' | 'PATCH', id: string, input?: object): Promise<TextResponse> => {
    const path = `/usageplans/${encodeURIComponent(id)}`;
    const answer = await callAwsRest({ service: 'apigateway', endpoint }, credentials, {
      method,
      path,
      ...(input === undefined ? {} : { input }),
      // Its own choice is JSON with links (HAL).
      accept: 'application/json',
      timeoutMilliseconds,
    });
    if (answer.status !== 200) {
      throw new UnexpectedStatusError(`${method} ${path} at ${endpoint}`, answer.status);
    }
    return answer;
  };
  return {
    read: async (id) => usagePlanSettingsOf(Object(JSON.parse((await call('GET', id)).text)) as GetUsagePlan),
    patch: async (id, operations) => void (await call('PATCH', id, { patchOperations: operations })),
  };
}

/** The parts of the answer that are read here. An empty one says as much as none. */
interface GetUsagePlan {
  readonly throttle?: { readonly rateLimit?: number; readonly burstLimit?: number } | null;
  readonly quota?: { readonly limit?: number; readonly period?: string } | null;
}

/** A quota by the day or the week is another one than any plan asks for. */
function usagePlanSettingsOf({ throttle, quota }: GetUsagePlan): UsagePlanSettings {
  const { rateLimit, burstLimit } = throttle ?? {};
  const { limit, period } = quota ?? {};
  return {
    throttle:
      rateLimit === undefined && burstLimit === undefined
        ? null
        : { rateLimit: rateLimit ?? 0, burstLimit: burstLimit ?? 0 },
    quota: limit === undefined ? null : { limit, period: period as 'MONTH' },
  };
}
