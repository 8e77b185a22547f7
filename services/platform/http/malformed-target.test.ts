import { expect, test } from 'vitest';
import { hostileQueries, hostileSegments } from '../../../test/support/hostile-targets.ts';
import { malformedTarget } from './malformed-target.ts';

const ofOneSegment = hostileSegments.filter(([, outcome]) => outcome !== 'no-route');

test.each(ofOneSegment)(
  'refuses the segment %j if and only if the gateway refuses it',
  (segment, outcome) => {
    expect(malformedTarget(`/api/items/${segment}`)?.status).toBe(outcome === 'malformed' ? 400 : undefined);
  },
);

test.each(hostileQueries)(
  'refuses the query %j if and only if the gateway refuses it',
  (query, isAccepted) => {
    expect(malformedTarget(`/api/items?${query}`)?.status).toBe(isAccepted ? undefined : 400);
  },
);

test.each(['', '*', 'http://service/a', '//a', '/a//b'])('refuses the target %j', (target) => {
  expect(malformedTarget(target)?.status).toBe(400);
});

test('answers with a problem that is not cached', async () => {
  const answer = malformedTarget('/a/../b');
  expect(answer?.headers.get('content-type')).toBe('application/problem+json');
  expect(answer?.headers.get('cache-control')).toBe('no-store');
  expect(await answer?.json()).toMatchObject({ title: 'Bad Request', status: 400 });
});
