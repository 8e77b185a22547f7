import { beforeEach, describe, expect, test } from 'vitest';
import type { Hop } from '../../engine/gateway-ports.ts';
import { createCallScreen } from './call-screen.ts';

let lines: string[];
let screen: ReturnType<typeof createCallScreen>;
beforeEach(() => {
  lines = [];
  screen = createCallScreen((line) => lines.push(line), { columns: 80, colour: false });
});

const access = (fields: Readonly<Record<string, string>>) =>
  JSON.stringify({ requestId: 'r-1', timeEpochMs: '0', method: 'GET', path: '/api/orders', ...fields });
const edge = (result: string, requestId = '-', status = 200): Hop => ({
  name: 'edge',
  requestId,
  startedMs: 0,
  endedMs: 12,
  fields: { edgeRequestId: 'e-1', method: 'GET', path: '/api/orders', status, result },
});

describe('the screen', () => {
  test('prints one line for a call, when the edge has answered it', () => {
    screen.accessLog(access({ decision: 'allow', reason: 'ok', service: 'order', status: '200' }));
    expect(lines).toEqual([]);
    screen.hop(edge('Miss', 'r-1'));
    expect(lines).toEqual(['00:00:00 GET     /api/orders             200 ok                 12 ms order']);
  });

  test('prints the reason of a refusal', () => {
    screen.accessLog(access({ decision: 'throttled', reason: 'rate-used-up', service: 'order' }));
    screen.hop(edge('Error', 'r-1', 429));
    expect(lines[0]).toContain(' 429 rate-used-up ');
  });

  test.each([
    ['Hit', 200, 'cache hit'],
    ['WAF', 403, 'firewall'],
    ['edge', 403, 'edge error'],
    ['FunctionGeneratedResponse', 204, 'edge function'],
    ['ClientCommError', 0, 'client left'],
  ])('prints what the edge did by itself: %s', (result, status, text) => {
    screen.hop(edge(result, '-', status));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(` ${text} `);
    expect(lines[0]).toMatch(/ edge$/);
  });

  test('prints a call that avoids the edge at once', () => {
    screen.accessLog(access({ decision: 'forbidden', reason: 'not-from-edge', status: '403' }));
    expect(lines[0]).toContain(' 403 not-from-edge ');
  });

  test.each([
    ['-', ' 200 ok '],
    ['INVALID_API_KEY', ' 200 invalid api key '],
  ])('prints a call of a partner with the type of its error: %s', (errorType, text) => {
    screen.accessLog(access({ api: 'partner', errorType }));
    screen.hop(edge('Miss', 'r-1'));
    expect(lines[0]).toContain(text);
    expect(lines[0]).toMatch(/ partner$/);
  });

  test('survives a line that is not JSON, and steps other than those of the edge', () => {
    screen.accessLog('not JSON');
    screen.hop({ ...edge('Miss'), name: 'load balancer' });
    expect(lines).toEqual([]);
  });
});
