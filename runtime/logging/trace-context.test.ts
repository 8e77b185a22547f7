import { expect, test } from 'vitest';
import { incomingTrace } from './trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const root = '1-67891233-abcdef012345678912345678';

test.each(['00', '01', '03', 'ff'])('forwards the ids of a trace, but not its flags %s', (flags) => {
  expect(incomingTrace({ traceparent: `00-${traceId}-${parentId}-${flags}`, tracestate: 'a=1' })).toEqual({
    traceparent: `00-${traceId}-${parentId}-00`,
    tracestate: 'a=1',
  });
});

test.each([
  `Root=${root}`,
  `Root=${root};Sampled=1`,
  `Self=1-2-3;Root=${root};Parent=53995c3f42cd8ad8;Sampled=1`,
])('forwards the root of %s, and nothing else', (header) => {
  expect(incomingTrace({ 'x-amzn-trace-id': header })).toEqual({ 'x-amzn-trace-id': `Root=${root}` });
});

test.each([
  {},
  { traceparent: '00-1-2-01', tracestate: 'a=1' },
  { traceparent: `00-${'0'.repeat(32)}-${parentId}-01` },
  { traceparent: `00-${traceId}-${'0'.repeat(16)}-01` },
  { traceparent: `01-${traceId}-${parentId}-01` },
  { traceparent: `00-${traceId.toUpperCase()}-${parentId}-01` },
  { traceparent: `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01` },
  { tracestate: 'a=1' },
  { 'x-amzn-trace-id': 'Root=1-2-3' },
  { 'x-amzn-trace-id': `NotRoot=${root}` },
])('forwards nothing of %j', (headers) => {
  expect(incomingTrace(headers)).toEqual({});
});

test('drops a state that is longer than receivers must accept', () => {
  const traceparent = `00-${traceId}-${parentId}-00`;
  expect(incomingTrace({ traceparent, tracestate: `a=${'1'.repeat(600)}` })).toEqual({ traceparent });
});
