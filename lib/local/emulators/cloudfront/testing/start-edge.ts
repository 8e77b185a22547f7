import type { ServerResponse } from 'node:http';
import { request } from 'undici';
import { UnsupportedFeatures } from '../../../engine/unsupported.ts';
import { listen } from '../../../http/server.ts';
import { type Received, startTestServer } from '../../../http/testing/test-server.ts';
import { Upstream } from '../../../http/upstream.ts';
import { compileDistribution } from '../compile-distribution.ts';
import { serveDistribution } from '../distribution-server.ts';

import { sampleDistribution } from './literal-distribution.ts';

const stops: (() => Promise<void>)[] = [];

/** Stops every edge and origin that a test started. */
export async function stopEdges(): Promise<void> {
  for (const stop of stops.splice(0).toReversed()) await stop();
}

/**
 * Serves a distribution in front of an origin for a test; the function writes the responses of the origin.
 */
export async function startEdge(
  answer: (response: ServerResponse, received: Received, count: number) => void,
  deployment = sampleDistribution(),
) {
  let count = 0;
  const origin = await startTestServer((response, received) => {
    count += 1;
    answer(response, received, count);
  });
  const upstream = new Upstream(origin.url);
  const clock = { ms: 1_000_000 };
  const notices: string[] = [];
  const findings = new UnsupportedFeatures();
  const compiled = compileDistribution(
    deployment,
    {
      now: () => clock.ms,
      notice: (text) => notices.push(text),
      upstreamOf: () => () => upstream,
    },
    findings,
  );
  findings.throwIfAny();
  if (compiled === null) throw new Error('The deployment has no distribution.');
  const { handle, invalidate } = serveDistribution(compiled, {
    now: () => clock.ms,
    requestId: () => 'request-1',
    notice: (text) => notices.push(text),
  });
  const edge = await listen(handle, {
    host: '127.0.0.1',
    port: 0,
    name: 'edge',
    maxHeaderBytes: 65_536,
    notice: (text) => notices.push(text),
  });
  stops.push(origin.close, () => upstream.close(), edge.close);
  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const { statusCode, headers: fields, body } = await request(`${edge.url}${path}`, { method, headers });
    return {
      status: statusCode,
      cache: fields['x-cache'],
      age: fields['age'],
      headers: fields,
      body: Buffer.from(await body.arrayBuffer()),
    };
  };
  return { origin, clock, notices, get, invalidate, url: edge.url };
}
