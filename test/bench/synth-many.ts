import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { prod } from '../../lib/config/environments/prod.ts';
import { checkConfiguration, loadCatalogue } from '../../lib/config/index.ts';
import { buildBundles } from '../../lib/features/functions/bundles.ts';
import { GatewayStage } from '../../lib/gateway-stage.ts';
import { environmentFor, manyServices } from '../support/many-services.ts';

/** Synthesises a catalogue with the given number of services like `bin/app.ts`. Prints CPU seconds and peak memory in bytes. */
const services = Number(process.argv[2]);
const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
const catalogue = loadCatalogue(manyServices(services, Math.round(services * 2.8)));
const configuration = checkConfiguration(catalogue, environmentFor(prod, services));
const bundles = buildBundles(configuration, join(app.outdir, 'bundles'));
new GatewayStage(app, 'prod', { configuration, bundles });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.stdout.write(
  `${JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: maxRSS * 1_024 })}\n`,
);
