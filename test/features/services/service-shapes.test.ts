import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { catalogue } from '../../../lib/config/catalogue/catalogue.ts';
import { collectorImage } from '../../../lib/config/environments/collector-image.ts';
import { dev } from '../../../lib/config/environments/dev.ts';
import { checkConfiguration, loadCatalogue } from '../../../lib/config/index.ts';
import { GatewayStage } from '../../../lib/gateway-stage.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { newApp, stubBundles } from '../../support/synth.ts';

const scratch = scratchFolder('shapes');

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

/** What the store's catalogue and environments do not ask for, and others may. */
test('services of every kind pass the rules of AWS', () => {
  const { order, payment, review } = catalogue.services;
  if (order?.kind !== 'fargate' || payment?.kind !== 'fargate' || review?.kind !== 'fargate') {
    throw new Error('The store has no such services.');
  }
  const configuration = checkConfiguration(
    loadCatalogue({
      ...catalogue,
      services: {
        ...catalogue.services,
        order: { ...order, deployment: { kind: 'canary' }, secrets: { DATABASE_URL: 'orders/database' } },
        payment: { ...payment, deployment: { kind: 'blueGreen' } },
        review: { ...review, slowStartSeconds: 30 },
        legacy: {
          kind: 'ip',
          description: 'Servers that are there.',
          balancing: 'weighted_random',
          stickiness: { seconds: 60 },
        },
      },
      routes: {
        ...catalogue.routes,
        'GET /api/legacy': { service: 'legacy', access: 'authenticated', limit: 'user' },
      },
    }),
    {
      ...dev,
      services: {
        ...dev.services,
        exec: true,
        collector: { image: collectorImage },
      },
      addresses: { legacy: [{ address: '10.20.0.9' }, { address: '192.168.0.9' }] },
    },
  );
  const app = newApp(join(scratch, 'app'));
  const stage = new GatewayStage(app, 'dev', { configuration, bundles: stubBundles() });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();

  const { pluginReports } = JSON.parse(
    readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'),
  ) as Report;
  const found = pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    ),
  );
  expect(found.filter((line) => line.includes('/Service'))).toEqual([]);
  expect(stage.node.tryFindChild('Service-legacy')).toBeDefined();
}, 120_000);
