import { expect, test } from 'vitest';
import { hostileQueries, hostileSegments } from '../../../test/support/hostile-targets.ts';
import { malformedTarget } from './malformed-target.ts';

const ofOneSegment = hostileSegments.filter(([, outcome]) => outcome !== 'no-route');

test.each(ofOneSegment)(
  'a target with the segment %j is refused where the gateway refuses it',
  (segment, outcome) => {
    expect(malformedTarget(`/api/items/${segment}`)?.status).toBe(outcome === 'malformed' ? 400 : undefined);
  },
);

test.each(hostileQueries)(
  'a target with the query %j is refused where the gateway refuses it',
  (query, isTaken) => {
    expect(malformedTarget(`/api/items?${query}`)?.status).toBe(isTaken ? undefined : 400);
  },
);

test.each(['', '*', 'http://service/a', '//a', '/a//b'])('the target %j is refused', (target) => {
  expect(malformedTarget(target)?.status).toBe(400);
});

test('the answer is a problem that nobody keeps', async () => {
  const answer = malformedTarget('/a/../b');
  expect(answer?.headers.get('content-type')).toBe('application/problem+json');
  expect(answer?.headers.get('cache-control')).toBe('no-store');
  expect(await answer?.json()).toMatchObject({ title: 'Bad Request', status: 400 });
});
