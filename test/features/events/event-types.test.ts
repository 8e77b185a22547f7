import { expect, test } from 'vitest';
import { loadCatalogue } from '../../../lib/config/index.ts';
import { eventData } from '../../../runtime/events/event-data.ts';

test('every event type has a topic in the catalogue, and every topic a type', () => {
  expect(Object.keys(loadCatalogue().topics).sort()).toEqual(Object.keys(eventData).sort());
});
