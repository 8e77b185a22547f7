import { expect, test } from 'vitest';
import { readXRayTrace } from './x-ray-trace-header.ts';

const traceId = '67891233abcdef012345678912345678';

test.each([
  ['Root=1-67891233-abcdef012345678912345678', { traceId, parentId: null }],
  [
    'Self=1-67891234-12456789abcdef0123456789;Root=1-67891233-abcdef012345678912345678;CalledFrom=app',
    { traceId, parentId: null },
  ],
  [
    'Root=1-67891233-abcdef012345678912345678; Parent=53995c3f42cd8ad8; Sampled=1',
    { traceId, parentId: '53995c3f42cd8ad8' },
  ],
  [
    'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0',
    { traceId, parentId: '53995c3f42cd8ad8' },
  ],
  ['Root=1-67891233-abc', undefined],
  ['Self=1-67891234-12456789abcdef0123456789', undefined],
  ['', undefined],
])('%s', (header, expected) => {
  expect(readXRayTrace(header)).toEqual(expected);
});
