import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../lib/config/catalogue/catalogue.ts';
import { prod } from '../../lib/config/environments/prod.ts';
import {
  type CatalogueInput,
  checkConfiguration,
  type EnvironmentName,
  loadCatalogue,
  loadConfiguration,
} from '../../lib/config/index.ts';
import { GatewayStage } from '../../lib/gateway-stage.ts';
import { scratchFolder } from '../support/scratch.ts';
import { commonPairs } from '../support/snapshots/common-pairs.ts';
import { dashboardRows } from '../support/snapshots/dashboard-rows.ts';
import { policyText } from '../support/snapshots/policy-text.ts';
import { templatesIn } from '../support/snapshots/read-snapshots.ts';
import {
  maxFileLines,
  type SnapshotFiles,
  snapshotFiles,
  withoutDigests,
} from '../support/snapshots/snapshot-files.ts';
import { isMap, type Json, toJson, toNode } from '../support/snapshots/template-node.ts';
import { environmentNames, newApp, type Resources, stubBundles, synthesised } from '../support/synth.ts';

const folder = join(import.meta.dirname, '../snapshots');

/** Files that other tests write. */
const otherFiles = ['dev', 'staging', 'prod'].map((environment) => `${environment}/acknowledgements.txt`);

// The first environment is written whole.
const environments = ['prod', 'staging', 'dev', 'local'] as const satisfies EnvironmentName[];

const scratch = scratchFolder('templates');

/** A catalogue with another limit on one route, and other figures for the limit and a plan. */
const withOtherLimits: CatalogueInput = {
  ...catalogue,
  limits: { ...catalogue.limits, pages: { by: 'user', requests: 301, burst: 41 } },
  plans: {
    ...catalogue.plans,
    enterprise: { requestsPerMonth: null, bytesPerMonth: null, rate: { requests: 30_060, burst: 3_000 } },
  },
  routes: {
    ...catalogue.routes,
    'GET /v2/orders/{id}': { service: 'order', access: 'orders:read', limit: 'pages' },
  },
};

/** The files of prod with a changed catalogue. */
function filesOf(changed: CatalogueInput): SnapshotFiles {
  const configuration = checkConfiguration(loadCatalogue(changed), prod);
  const stage = new GatewayStage(newApp(scratch), 'prod', { configuration, bundles: stubBundles() });
  const templates = stage
    .synth()
    .stacks.map((stack): [string, object] => [
      stack.hierarchicalId.split('/').at(-1) ?? '',
      stack.template as object,
    ]);
  return new Map([
    ...snapshotFiles(new Map([['prod', Object.fromEntries(templates)]])),
    ['prod/policy.txt', policyText(configuration)],
  ]);
}

/** The widgets of the dashboard, in which a text stands for each reference. */
function widgetsOf(resources: Resources): readonly Json[] {
  const [{ Properties }] = Object.values(resources).filter(
    ({ Type }) => Type === 'AWS::CloudWatch::Dashboard',
  ) as [{ Properties: { DashboardBody: { 'Fn::Join': [string, unknown[]] } } }];
  const [, parts] = Properties.DashboardBody['Fn::Join'];
  const body = parts.map((part) => (typeof part === 'string' ? part : 'reference')).join('');
  return (JSON.parse(body) as { widgets: Json[] }).widgets;
}

/** The JSON with one text or number changed, for each of them. */
function changesOf(json: Json, at = ''): { at: string; json: Json }[] {
  if (typeof json === 'string') return [{ at, json: `${json}x` }];
  if (typeof json === 'number') return [{ at, json: json + 7 }];
  if (typeof json !== 'object' || json === null) return [];
  const withInner = (key: string, inner: Json): Json =>
    isMap(json) ? { ...json, [key]: inner } : json.with(Number(key), inner);
  return Object.entries(json).flatMap(([key, value]) =>
    changesOf(value, `${at}/${key}`).map((change) => ({ at: change.at, json: withInner(key, change.json) })),
  );
}

const linesOf = (text: string) => text.split('\n').slice(0, -1);

/** Number of lines that git counts as removed or added in the files of prod. */
function changedLines(before: SnapshotFiles, after: SnapshotFiles): number {
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter((path) => path.startsWith('prod/'));
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
    files = new Map([
      ...snapshotFiles(new Map(environments.map((name) => [name, synthesised(name).templates]))),
      ...environments.map((name) => [`${name}/policy.txt`, policyText(loadConfiguration(name))] as const),
    ]);
  }, 120_000);

  test.each(['SUMMARY.md', ...environments.map((name) => `${name}/`)])('%s is unchanged', async (start) => {
    const wanted = [...files].filter(([path]) => path.startsWith(start));
    expect(wanted).not.toEqual([]);
    for (const [path, text] of wanted) {
      // A path of this machine differs in every other checkout.
      expect(text).not.toContain(process.cwd());
      expect(text).not.toContain('/tmp/');
      await expect.soft(text).toMatchFileSnapshot(`../snapshots/${path}`);
    }
  });

  test('are read back as the templates of each environment', () => {
    const read = templatesIn(files);
    expect([...read.keys()]).toEqual([...environments]);
    for (const [environment, nodes] of read) {
      const { templates } = synthesised(environment as EnvironmentName);
      const written = Object.entries(templates).map(([stack, template]) => [
        stack.toLowerCase(),
        withoutDigests(template),
      ]);
      const templatesRead = Object.entries(nodes).map(([stack, node]) => [stack, toJson(node)]);
      expect(Object.fromEntries(templatesRead)).toEqual(Object.fromEntries(written));
    }
  });

  test('have under 40,000 lines in all, and at most 1,500 in a file', () => {
    const lengths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.\w+$/.test(path))
      .map((path) => [path, linesOf(readFileSync(join(folder, path), 'utf8')).length] as const);
    expect(lengths.filter(([, length]) => length > maxFileLines)).toEqual([]);
    expect(lengths.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(40_000);
  });

  test("change by under 20 lines with a route's limit", () => {
    const count = changedLines(files, filesOf(withOtherLimits));
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(20);
  });

  test('show each change of a dashboard as one changed row', () => {
    const widgets = widgetsOf(synthesised('prod').templates.Observability.Resources);
    expect(widgets.length).toBeGreaterThan(50);
    const rowsOf = (widget: Json) => dashboardRows(toNode({ widgets: [widget] }));
    for (const widget of widgets) {
      const rows = rowsOf(widget);
      const counts = changesOf(widget).map(({ at, json }) => {
        const changed = rowsOf(json);
        expect(changed).toHaveLength(rows.length);
        return [at, changed.filter((row, index) => row !== rows[index]).length];
      });
      expect(counts.filter(([, count]) => count !== 1)).toEqual([]);
    }
  });

  test('have no file of a removed stack; an update deletes it', () => {
    const known = new Set([...files.keys(), ...otherFiles]);
    const stale = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (path) => /\.\w+$/.test(path) && !known.has(path),
    );
    if (isUpdate()) for (const path of stale.splice(0)) rmSync(join(folder, path));
    expect(stale).toEqual([]);
  });
});

/** Whether vitest runs with `-u`, for which it has no public API. */
function isUpdate(): boolean {
  return expect.getState().snapshotState['_updateSnapshot'] === 'all';
}

describe.each(environmentNames)('the templates of %s', (environment) => {
  test('are within the limits of CloudFormation', () => {
    // "CloudFormation quotas": 500 resources, 1 MB, 200 outputs.
    const over = Object.entries(synthesised(environment).templates).filter(
      ([, template]) =>
        Object.keys(template.Resources).length > 500 ||
        Buffer.byteLength(JSON.stringify(template)) >= 1_000_000 ||
        Object.keys(template['Outputs'] ?? {}).length > 200,
    );
    expect(over.map(([stack]) => stack)).toEqual([]);
  });
});
