import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type LoopbackServer, readBody, serveOnLoopback } from '../http/loopback-server.ts';
import type { UsagePlanLimits, UsagePlans } from './usage-plans.ts';

const patchBody = z.object({
  patchOperations: z.array(
    z.strictObject({
      op: z.enum(['add', 'replace', 'remove']),
      path: z.string(),
      value: z.string().optional(),
    }),
  ),
});
type PatchOperation = z.output<typeof patchBody>['patchOperations'][number];

/** Serves GetUsagePlan and UpdateUsagePlan of the API Gateway control plane; refuses every other operation. */
export function startControlPlane(plans: UsagePlans): Promise<LoopbackServer> {
  return serveOnLoopback((request, response) => {
    void readBody(request)
      .then((body) => answer(request, body.toString(), plans))
      .catch((error: unknown) => fault(400, 'BadRequestException', String(error)))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
  });
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

const fault = (status: number, type: string, message: string): Answer => ({
  status,
  body: { __type: type, message },
});

function answer({ method, url = '', headers }: IncomingMessage, text: string, plans: UsagePlans): Answer {
  if (headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true) {
    return fault(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const id = decodeURIComponent(/^\/usageplans\/([^/?]+)$/.exec(url)?.[1] ?? '');
  if (id === '' || (method !== 'GET' && method !== 'PATCH')) {
    return fault(501, 'NotImplemented', `${method} ${url} is not emulated.`);
  }
  const terms = plans.read(id);
  if (terms === undefined) return fault(404, 'NotFoundException', 'Invalid Usage Plan identifier specified');
  if (method === 'GET') return { status: 200, body: { id, ...terms } };
  const patched = patchedLimits(terms, patchBody.parse(JSON.parse(text)).patchOperations);
  if (typeof patched === 'string') return fault(400, 'BadRequestException', patched);
  plans.write(id, patched);
  return { status: 200, body: { id, ...patched } };
}

/**
 * Applies "Patch operations" of a usage plan (API Gateway API reference).
 *
 * @returns an error message when an operation is invalid; then no operation is applied.
 */
export function patchedLimits(
  terms: UsagePlanLimits,
  operations: readonly PatchOperation[],
): UsagePlanLimits | string {
  const parts: Record<string, Record<string, number | string> | undefined> = {
    throttle: terms.throttle && { ...terms.throttle },
    quota: terms.quota && { ...terms.quota },
  };
  for (const { op, path, value = '' } of operations) {
    const [, part = '', member] = path.split('/');
    const allowed = members[part];
    if (allowed === undefined) return `Invalid patch path ${path}`;
    if (op === 'remove') {
      if (member !== undefined) return `Invalid patch path ${path}`;
      parts[part] = undefined;
      continue;
    }
    if (member === undefined || !allowed.includes(member)) return `Invalid patch path ${path}`;
    if (op === 'replace' && parts[part] === undefined) return `The path ${path} has no value to replace`;
    const read = member === 'period' ? value : Number(value);
    if (value === '' || Number.isNaN(read)) return `Invalid value ${value} for ${path}`;
    parts[part] = { ...parts[part], [member]: read };
  }
  const incomplete = Object.entries(parts).find(
    ([part, values]) => values !== undefined && members[part]?.some((member) => !(member in values)),
  );
  return incomplete === undefined ? parts : `${incomplete[0]} is not complete`;
}

const members: Readonly<Record<string, readonly string[]>> = {
  throttle: ['rateLimit', 'burstLimit'],
  quota: ['limit', 'period'],
};
