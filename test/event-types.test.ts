import { expect, test } from 'vitest';
import { eventData } from '../lambda/shared/events/event-data.ts';
import { loadCatalogue } from '../lib/config/index.ts';

test('every type of event has its topic in the catalogue, and every topic its type', () => {
  expect(Object.keys(loadCatalogue().topics).sort()).toEqual(Object.keys(eventData).sort());
});
