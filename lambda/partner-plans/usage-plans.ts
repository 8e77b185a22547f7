import type { AwsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { callAwsRest } from '../../runtime/aws/aws-rest.ts';
import { type TextResponse, UnexpectedStatusError } from '../../runtime/http/fetch-json.ts';
import type { UsagePlanSettings } from './contract.ts';
import type { PatchOperation } from './usage-plan-patch.ts';

/**
 * Usage plans of API Gateway. Both methods reject when it does not answer, or answers with an unexpected
 * status.
 */
export interface UsagePlans {
  read(id: string): Promise<UsagePlanSettings>;
  patch(id: string, operations: readonly PatchOperation[]): Promise<void>;
}

/** The control plane is slow, and no caller waits for it. */
const timeoutMilliseconds = 5_000;

/**
 * GetUsagePlan and UpdateUsagePlan, without retries.
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
      // Without this header it answers with HAL, JSON with links.
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

/** The parts of the answer that are read here. An empty member means the same as a missing one. */
interface GetUsagePlan {
  readonly throttle?: { readonly rateLimit?: number; readonly burstLimit?: number } | null;
  readonly quota?: { readonly limit?: number; readonly period?: string } | null;
}

/** Quotas by the day or the week are ignored, because plans only have monthly ones. */
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
