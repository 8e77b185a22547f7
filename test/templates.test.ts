import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '../lib/config/catalogue/catalogue.ts';
import { prod } from '../lib/config/environments/prod.ts';
import { staging } from '../lib/config/environments/staging.ts';
import {
  type CatalogueInput,
  checkTogether,
  type EnvironmentName,
  loadCatalogue,
} from '../lib/config/index.ts';
import { GatewayStage } from '../lib/gateway-stage.ts';
import { scratchFolder } from './support/scratch.ts';
import { commonPairs } from './support/snapshots/common-pairs.ts';
import { templatesIn } from './support/snapshots/read-snapshots.ts';
import {
  maxFileLines,
  type SnapshotFiles,
  snapshotFiles,
  type Templates,
  withoutDigests,
} from './support/snapshots/snapshot-files.ts';
import { toJson } from './support/snapshots/template-node.ts';
import { environmentNames, newApp, stackNames, stubBundles, synthesised } from './synth.ts';

const folder = join(import.meta.dirname, 'snapshots');

/** Files of other tests. */
const otherFiles = ['dev', 'staging', 'prod'].map((environment) => `${environment}/acknowledgements.txt`);

// The environment that is written whole first.
const environments = ['prod', 'staging', 'dev', 'local'] as const satisfies EnvironmentName[];

const scratch = scratchFolder('templates');

const limitChanges: [change: string, changed: CatalogueInput][] = [
  [
    'another limit of one route',
    {
      ...catalogue,
      routes: {
        ...catalogue.routes,
        'GET /v2/orders/{id}': { service: 'order', access: 'orders:read', limit: 'pages' },
      },
    },
  ],
  [
    'another figure of a limit of several routes',
    { ...catalogue, limits: { ...catalogue.limits, pages: { by: 'user', requests: 301, burst: 40 } } },
  ],
];

/** The templates of prod and of one environment that is written as its difference, with another catalogue. */
function templatesOf(changed: CatalogueInput): Map<EnvironmentName, Templates> {
  return new Map(
    [prod, staging].map((environment) => {
      const { name } = environment;
      const configuration = checkTogether(loadCatalogue(changed), environment);
      const stage = new GatewayStage(newApp(join(scratch, name)), name, {
        configuration,
        bundles: stubBundles(),
      });
      const templates = stage.synth().stacks.map(({ hierarchicalId, template }) => {
        return [hierarchicalId.split('/').at(-1) ?? '', template as object];
      });
      return [name, Object.fromEntries(templates) as Templates];
    }),
  );
}

const linesOf = (text: string) => text.split('\n').slice(0, -1);

/** Lines that git counts as removed or added. */
function changedLines(before: SnapshotFiles, after: SnapshotFiles): number {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const counts = paths.map((path) => {
    const [old, now] = [before.get(path) ?? '', after.get(path) ?? ''];
    if (old === now) return 0;
    const [from, to] = [linesOf(old), linesOf(now)];
    return from.length + to.length - 2 * commonPairs(from, to).length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

describe('the snapshots of the templates', () => {
  let files: SnapshotFiles;
  beforeAll(() => {
    files = snapshotFiles(new Map(environments.map((name) => [name, synthesised(name).templates])));
  }, 120_000);

  const matchAll = async (isWanted: (path: string) => boolean) => {
    const wanted = [...files].filter(([path]) => isWanted(path));
    expect(wanted).not.toEqual([]);
    for (const [path, text] of wanted) {
      // A path of this machine would differ in every other checkout.
      expect(text).not.toContain(process.cwd());
      expect(text).not.toContain('/tmp/');
      await expect.soft(text).toMatchFileSnapshot(`snapshots/${path}`);
    }
  };
  const baseOf = (path: string) => path.replace(/\..*$/, '');

  test('the summary is as reviewed', () => matchAll((path) => path === 'SUMMARY.md'));

  test.each(environments.slice(1))('names of %s are as reviewed', (environment) =>
    matchAll((path) => baseOf(path) === `${environment}/names`),
  );

  test.each(environments.flatMap((environment) => stackNames.map((stack) => [environment, stack] as const)))(
    '%s: %s is as reviewed',
    (environment, stack) => matchAll((path) => baseOf(path) === `${environment}/${stack.toLowerCase()}`),
  );

  test.each(environments)('the files of %s give its templates back', (environment) => {
    const read = Object.entries(templatesIn(files, environment)).map(([stack, node]) => [
      stack,
      toJson(node),
    ]);
    const { templates } = synthesised(environment);
    const written = stackNames.map((stack) => [stack.toLowerCase(), withoutDigests(templates[stack])]);
    expect(Object.fromEntries(read)).toEqual(Object.fromEntries(written));
  });

  test('a reviewer has under 40,000 lines to read, and at most 1,500 in a file', () => {
    const lengths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.\w+$/.test(path))
      .map((path) => [path, linesOf(readFileSync(join(folder, path), 'utf8')).length] as const);
    expect(lengths.filter(([, length]) => length > maxFileLines)).toEqual([]);
    expect(lengths.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(40_000);
  });

  test.each(limitChanges)('%s changes under 20 lines', (_, changed) => {
    const before = snapshotFiles(
      new Map([prod, staging].map(({ name }) => [name, synthesised(name).templates])),
    );
    const after = snapshotFiles(templatesOf(changed));
    const count = changedLines(before, after);
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(20);
  });

  test('no file is left of a stack that is gone; an update removes it', () => {
    const known = new Set([...files.keys(), ...otherFiles]);
    const stale = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (path) => /\.\w+$/.test(path) && !known.has(path),
    );
    if (isUpdate()) for (const path of stale) rmSync(join(folder, path));
    else expect(stale).toEqual([]);
  });
});

/** Whether vitest runs with `-u`, which it says in no public way. */
function isUpdate(): boolean {
  return expect.getState().snapshotState['_updateSnapshot'] === 'all';
}

describe.each(environmentNames)('the templates of %s', (environment) => {
  test.each(stackNames)('%s is within the limits of CloudFormation', (stack) => {
    const template = synthesised(environment).templates[stack];
    // "CloudFormation quotas": 500 resources, 1 MB, 200 outputs.
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
    expect(Buffer.byteLength(JSON.stringify(template))).toBeLessThan(1_000_000);
    expect(Object.keys(template['Outputs'] ?? {}).length).toBeLessThanOrEqual(200);
  });
});
