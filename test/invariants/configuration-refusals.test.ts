import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../lib/config/catalogue/catalogue.ts';
import type { Fault } from '../../lib/config/config-error.ts';
import { dev } from '../../lib/config/environments/dev.ts';
import { local } from '../../lib/config/environments/local.ts';
import { prod } from '../../lib/config/environments/prod.ts';
import { staging } from '../../lib/config/environments/staging.ts';
import { ConfigError, checkConfiguration, loadCatalogue, reservedNames } from '../../lib/config/index.ts';
import { repeatedKeyFaults } from '../../lib/config/repeated-keys.ts';
import { awsRegions } from '../../lib/config/schemas/aws-regions.ts';
import { shopRoles } from '../../lib/config/schemas/containers.ts';
import { environmentFaultsOf, faultsOf } from '../../lib/config/testing/fixtures.ts';
import { roleNames } from '../../services/runner/roles.ts';
import { scratchFolder } from '../support/scratch.ts';

test('the roles of the shop are those of the program', () => {
  expect([...shopRoles].sort()).toEqual([...roleNames].sort());
});

test('the regions are those of the partition aws', () => {
  const known = RegionInfo.regions.filter(({ partition }) => partition === 'aws').map(({ name }) => name);
  expect([...awsRegions].sort()).toEqual(known.sort());
});

describe('an environment is refused', () => {
  test.each([
    [{ region: 'eu-west-9' }, 'environments/dev.region: is not valid. Give a region'],
    [
      { availabilityZones: ['a', 'b', 'c'] },
      'environments/dev.availabilityZones[0]: is not valid. Give a zone',
    ],
    [
      { availabilityZones: ['eu-west-1a', 'eu-west-1a', 'eu-west-1c'] },
      'environments/dev.availabilityZones[1]: repeats "eu-west-1a".',
    ],
    [
      { availabilityZones: ['eu-west-1a', 'eu-west-1b', 'us-east-1c'] },
      'environments/dev.availabilityZones[2]: is "us-east-1c", which is not in the region eu-west-1.',
    ],
    [
      { corsOrigins: ['*'] },
      'environments/dev.corsOrigins[0]: is not valid. Give a full URL with its scheme.',
    ],
    [{ region: 5 }, 'environments/dev.region: is not valid. Give a region'],
    [{ services: null }, 'environments/dev.services: is not valid. Give an object: { ... }.'],
    [
      { corsOrigins: 'https://store.example' },
      'environments/dev.corsOrigins: is not valid. Give a list: [ ... ].',
    ],
  ])('with %j', (entries, fault) => {
    expect(environmentFaultsOf(entries)).toContain(fault);
  });
});

test('a limit that no route names is refused', () => {
  const limits = { ...catalogue.limits, spare: { requests: 1, burst: 1, by: 'user' } } as const;
  expect(faultsOf({ ...catalogue, limits })).toBe(
    'catalogue.limits.spare: is named by no route. Name it in the `limit` of a route, or remove it.',
  );
});

describe('keys that are given twice', () => {
  const inFile = (text: string) => {
    const folder = join(scratchFolder('keys'), 'catalogue');
    mkdirSync(folder);
    writeFileSync(join(folder, 'catalogue.ts'), text);
    return repeatedKeyFaults({ 'lib/config/catalogue': folder });
  };

  test('are refused with file, line and key', () => {
    const text =
      "export const routes = {\n  'GET /a': { limit: 'x' },\n  b: 1,\n  'GET /a': { limit: 'y' },\n};\n";
    expect(inFile(text)).toMatchObject([{ entry: 'lib/config/catalogue/catalogue.ts:4 "GET /a"' }]);
  });

  test('are allowed in different objects, and if the text computes them', () => {
    expect(inFile('const a = { x: { b: 1 }, y: { b: 1 }, [k]: 1, [k]: 2, ...c };\n')).toEqual([]);
  });

  test('are not in this project', () => {
    expect(repeatedKeyFaults()).toEqual([]);
  });
});

/** Every place of a document, by its path. */
function paths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return path.length === 0 ? [] : [path];
  return [
    ...(path.length === 0 ? [] : [path]),
    ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key])),
  ];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...value]
    : { ...(value as object) };
  (copy as Record<string, unknown>)[key] = replaced((value as Record<string, unknown>)[key], rest, by);
  return copy;
}

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    -1,
    0,
    1.5,
    1e12,
    true,
    '',
    '*',
    'x y',
    [],
    {},
    [[]],
    { a: 1 },
    'http://',
  ),
  fc.string(),
  fc.anything({ maxDepth: 1 }),
);
/** Texts that Zod makes by itself, and that name no remedy. */
const raw = /Invalid (input|string|URL|number|option|key|element)|Too (small|big)|Unrecognized|received /;

describe('any value at any place', () => {
  /** Faults without a remedy, or with a text of Zod. */
  const unclear = (act: () => unknown): readonly Fault[] => {
    try {
      act();
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.faults.filter(({ fault, remedy }) => remedy === '' || raw.test(`${fault} ${remedy}`));
    }
  };

  test('of the catalogue is accepted, or refused with its entry and a remedy', () => {
    const places = fc.constantFrom(...paths(catalogue));
    fc.assert(
      fc.property(places, junk, (place, value) => {
        expect(unclear(() => loadCatalogue(replaced(catalogue, place, value) as typeof catalogue))).toEqual(
          [],
        );
      }),
      { numRuns: 300 },
    );
  });

  test('of an environment is accepted, or refused with its entry and a remedy', () => {
    const parsed = loadCatalogue();
    fc.assert(
      fc.property(fc.constantFrom(dev, staging, prod), junk, fc.nat(), (environment, value, at) => {
        const all = paths(environment);
        const place = all[at % all.length] ?? [];
        const changed = replaced(environment, place, value) as typeof environment;
        expect(unclear(() => checkConfiguration(parsed, changed))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test.each([dev, staging, prod])('the placeholders of $name are found', (environment) => {
  const found = reservedNames(checkConfiguration(loadCatalogue(), environment));
  expect(found.length).toBeGreaterThan(3);
  expect(found.every(({ where }) => where.startsWith('lib/config/'))).toBe(true);
});

test('the local environment is not deployed', () => {
  expect(checkConfiguration(loadCatalogue(), local).environment.name).toBe('local');
});
