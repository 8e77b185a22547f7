import type { Invocation } from '../../../engine/gateway-ports.ts';
import { type SampleResources, sampleDeployment } from '../../../engine/testing/literal-deployment.ts';
import { UnsupportedFeatures } from '../../../engine/unsupported.ts';
import { listen } from '../../../http/server.ts';
import { startTestServer } from '../../../http/testing/test-server.ts';
import { Upstream } from '../../../http/upstream.ts';
import { compileRestApi } from '../compile-rest-api.ts';
import { serveRestApi } from '../rest-api.ts';
import { UsagePlans } from '../usage-plans.ts';
import { sampleRestApi } from './literal-rest-api.ts';

const stops: (() => Promise<void>)[] = [];
/** Stops every server that a test started. */
export async function stopRestApis(): Promise<void> {
  for (const stop of stops.splice(0).toReversed()) await stop();
}

const policy = (effect: string): Invocation => ({
  ok: true,
  payload: {
    policyDocument: {
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: 'arn/partner/*' }],
    },
  },
});

type AnswerOf = Parameters<typeof startTestServer>[0];

/** Serves a REST API in front of a test server; `answer` writes the responses of the server. */
export async function startRestApi(
  resources: SampleResources = sampleRestApi,
  answer: AnswerOf = (response) => response.end('ok'),
) {
  const service = await startTestServer(answer);
  const upstream = new Upstream(service.url);
  const deployment = sampleDeployment(resources);
  const clock = { ms: Date.UTC(2026, 10, 20) };
  const findings = new UnsupportedFeatures();
  const usagePlans = new UsagePlans(
    deployment,
    (name) => `value-${name}`,
    () => clock.ms,
  );
  const api = compileRestApi(deployment, { now: () => clock.ms }, findings);
  findings.throwIfAny();
  if (api === null) throw new Error('The deployment has no REST API.');
  const log: string[] = [];
  const events: { readonly headers: Record<string, string>; readonly methodArn: string }[] = [];
  const layer = await listen(
    serveRestApi(api, () => upstream, {
      invoke: (_, event) => {
        events.push(event as (typeof events)[number]);
        const secret = events.at(-1)?.headers['x-secret'];
        return Promise.resolve(
          secret === 'broken'
            ? { ok: false, error: 'Error: broken' }
            : policy(secret === 'right' ? 'Allow' : 'Deny'),
        );
      },
      now: () => clock.ms,
      requestId: () => 'request-1',
      accessLog: (line) => log.push(line),
      notice: () => undefined,
      usagePlans,
    }),
    { host: '127.0.0.1', port: 0, name: 'api', maxHeaderBytes: 65_536, notice: () => undefined },
  );
  stops.push(service.close, () => upstream.close(), layer.close);
  const call = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const response = await fetch(`${layer.url}${path}`, {
      ...init,
      headers: { 'x-secret': 'right', 'x-api-key': 'value-unlimited', ...headers },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { call, service, clock, log, events, usagePlans };
}
