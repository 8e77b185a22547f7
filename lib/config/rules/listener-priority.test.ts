import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../catalogue/catalogue.ts';
import { listenerPriority } from '../listener-priority.ts';
import { catalogueSchema } from '../schemas/catalogue.ts';
import { listenerPriorityFaults } from './service-rules.ts';

const product = catalogue.services['product'];
const parsed = (services: Record<string, object>) =>
  catalogueSchema.parse({
    ...catalogue,
    services: Object.fromEntries(
      Object.entries(services).map(([name, own]) => [name, { ...product, ...own }]),
    ),
  });

/** Two names with the same computed priority. */
function collision(): [string, string] {
  const seen = new Map<number, string>();
  for (let index = 0; ; index += 1) {
    const name = `service-${index}`;
    const priority = listenerPriority(name, {});
    const other = seen.get(priority);
    if (other !== undefined) return [other, name];
    seen.set(priority, name);
  }
}

describe('priority of a listener rule', () => {
  test('depends on the name of the service alone', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), (name) => {
        const priority = listenerPriority(name, {});
        expect(priority).toBe(listenerPriority(name, {}));
        expect(priority % 2).toBe(0);
        expect(priority).toBeGreaterThanOrEqual(1_000);
        expect(priority).toBeLessThanOrEqual(50_000);
      }),
    );
  });

  test('refuses two services with the same priority and names a free one', () => {
    const [one, other] = collision();
    const faults = listenerPriorityFaults(parsed({ [one]: {}, [other]: {} }));
    expect(faults).toEqual([
      {
        entry: `catalogue.services["${other}"].listenerPriority`,
        fault: `is ${listenerPriority(one, {})}, the same as that of the service "${one}".`,
        remedy: expect.stringMatching(/listenerPriority: 1000 /),
      },
    ]);
    expect(listenerPriorityFaults(parsed({ [one]: {}, [other]: { listenerPriority: 1_000 } }))).toEqual([]);
  });

  test.each([999, 1_001, 50_002, 1_000.5, '1000'])('refuses the setting %s', (setting) => {
    expect(() => parsed({ product: { listenerPriority: setting } })).toThrow(/listenerPriority/);
  });
});
