import type { AssumedCaller, ExplainedLimit, Explanation } from '../../../runtime/contracts/explanation.ts';
import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import { refusalStatuses } from '../../../runtime/contracts/refusals.ts';
import { gatewayResponseHeaders } from '../../../runtime/contracts/response-headers.ts';
import type {
  Check,
  CheckState,
  LimitStore,
  LimitStoreRequest,
} from '../../../runtime/limit-store/limit-store.ts';
import {
  anonymous,
  clientCallerKey,
  type Identity,
  userCallerKey,
} from '../../../runtime/tokens/identity.ts';
import type { TokenVerifier } from '../../../runtime/tokens/verification.ts';
import type { AuthorizerDependencies } from './authorizer.ts';
import { decide } from './decide.ts';
import { type GatewayRequest, readRequest } from './gateway-request.ts';

/** An operator's question about a call: the assumed caller, or none to use the call's credentials. */
export interface ExplainInput {
  readonly as?: AssumedCaller;
}

/**
 * Decides on a call as usual, but with ports that only read: the limit store evaluates without counting, no
 * counter is settled, and no metric is written. A principal that may invoke the function need not come
 * through the edge.
 */
export async function explain(
  event: unknown,
  { as }: ExplainInput,
  { policies, ports, now }: AuthorizerDependencies,
): Promise<Explanation> {
  let limits: readonly ExplainedLimit[] = [];
  const looking = (store: LimitStore): LimitStore => ({
    take: async (call) => {
      const answer = await store.take({ ...call, peek: true });
      if (answer.kind === 'answered') limits = explainedLimits(call, answer.states);
      return answer;
    },
  });
  const request = readRequest(event);
  const { context } = await decide(
    as === undefined ? request : withoutCredentials(request),
    policies.current(),
    {
      ...ports,
      originSecrets: { check: () => Promise.resolve('accepted') },
      tokens: as === undefined ? ports.tokens : assuming(as),
      limitStore: looking(ports.limitStore),
      localLimitStore: looking(ports.localLimitStore),
      usage: { settle: () => undefined },
    },
    now(),
  );
  const { decision } = context;
  const status = decision === 'allow' ? null : refusalStatuses[decision];
  const call = { decision: { ...context }, requestId: NO_VALUE };
  return { context, status, headers: gatewayResponseHeaders(status ?? 200, call), limits };
}

function explainedLimits({ checks }: LimitStoreRequest, states: readonly CheckState[]): ExplainedLimit[] {
  return checks.flatMap((check, index) => {
    const state = states[index];
    if (state === undefined) return [];
    return [
      {
        name: check.name,
        kind: check.kind,
        shadow: check.shadow === true,
        result: state.result,
        size: sizeOf(check),
        remaining: state.remaining,
        resetSeconds: Math.ceil(state.resetMicroseconds / 1_000_000),
        retrySeconds: Math.ceil(state.retryMicroseconds / 1_000_000),
      },
    ];
  });
}

function sizeOf(check: Check): number | null {
  if (check.kind === 'rate') return check.burst;
  return check.kind === 'quota' ? check.perMonth : null;
}

/** The caller is given, so a fixed token that is never verified stands for it. */
function withoutCredentials(request: GatewayRequest): GatewayRequest {
  return { ...request, authorization: 'Bearer AAAA.AAAA.AAAA', apiKey: '', hasTokenInQuery: false };
}

function assuming(as: AssumedCaller): TokenVerifier {
  const token = {
    identity: identityOf(as),
    tokenId: NO_VALUE,
    expiresAtSeconds: Number.MAX_SAFE_INTEGER,
    notBeforeSeconds: 0,
    clockToleranceSeconds: 0,
  };
  return { verify: () => Promise.resolve({ kind: 'verified', token }) };
}

function identityOf({
  clientId,
  userId = NO_VALUE,
  issuer = NO_VALUE,
  plan = NO_VALUE,
  monthStartDay = 1,
  permissions,
}: AssumedCaller): Identity {
  return {
    ...anonymous,
    userId,
    clientId: clientId ?? NO_VALUE,
    plan,
    monthStartDay,
    grants: permissions,
    caller: clientId === undefined ? userCallerKey(issuer, userId) : clientCallerKey(clientId),
  };
}
