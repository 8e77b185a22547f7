import { expect, test } from 'vitest';
import { environmentNames, resourcesOf } from '../../support/synth.ts';

test.each(environmentNames)('every dead-letter queue of %s is published for the operators', (name) => {
  const resources = resourcesOf(name);
  const queues = resources.filter(({ resource }) => resource['Type'] === 'AWS::SQS::Queue');
  const deadLetters = queues.filter(({ id }) => id.includes('DeadLetter'));
  expect(deadLetters.length).toBeGreaterThanOrEqual(3);
  // A queue that others move their messages to has such a name, or it would be missed here.
  const targets = queues.map(({ resource }) =>
    JSON.stringify(resource['Properties'].RedrivePolicy ?? 'DeadLetter'),
  );
  expect(targets.filter((target) => !target.includes('DeadLetter'))).toEqual([]);

  const published = resources
    .filter(({ id, resource }) => resource['Type'] === 'AWS::SSM::Parameter' && id.startsWith('Operations'))
    .map(({ resource }) => JSON.stringify(resource['Properties']))
    .join(' ');
  expect(deadLetters.filter(({ id }) => !published.includes(id)).map(({ id }) => id)).toEqual([]);
});
