import { expect, test } from 'vitest';
import { loadCatalogue } from '../../../lib/config/index.ts';
import { eventData } from '../../../runtime/events/event-data.ts';

test('every type of event has its topic in the catalogue, and every topic its type', () => {
  expect(Object.keys(loadCatalogue().topics).sort()).toEqual(Object.keys(eventData).sort());
});
