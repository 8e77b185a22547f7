import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { ConfigError, type Configuration, loadConfiguration, reservedNames } from '../lib/config/index.ts';
import { buildBundles } from '../lib/features/functions/bundles.ts';
import { GatewayStage } from '../lib/gateway-stage.ts';

/** Synthesises one environment: `cdk synth -c env=NAME [-c imageTag=TAG] [-c deletionProtection=false]`. Reads context only. */
async function synthesise(): Promise<void> {
  // CloudFormation's rules take longer than all other checks; test/verify/aws-rules.verify.ts applies them to every environment.
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  const context = (name: string) => app.node.tryGetContext(name);
  const configuration = loadConfiguration(context('env'), context('overrides'), {
    imageTag: context('imageTag'),
    deletionProtection: context('deletionProtection'),
  });
  const { environment } = configuration;
  warnOfPlaceholders(configuration);
  const bundles = buildBundles(configuration, join(app.outdir, 'bundles'));
  new GatewayStage(app, environment.name, { configuration, bundles });
  // `local` is never deployed, and the local run should not wait for the checks of a deployment.
  if (environment.name !== 'local') {
    const { AwsSolutionsChecks } = await import('cdk-nag');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  }
  app.synth();
}

/** Templates can be read before there are domains, so a synth accepts them. The CDK shows no warnings of stages. */
function warnOfPlaceholders(configuration: Configuration): void {
  const { name } = configuration.environment;
  const found = name === 'local' ? [] : reservedNames(configuration);
  if (found.length === 0) return;
  const entries = [...new Set(found.map(({ entry }) => entry.split('.')[0]))].join(', ');
  console.warn(
    `Warning: ${found.length} names or addresses of ${name} are placeholders (${entries}).\n` +
      `Set your own before you deploy: npm run preflight -- ${name} lists and refuses them.`,
  );
}

try {
  await synthesise();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(`The configuration has ${error.faults.length} fault(s):\n${error.message}`);
  process.exitCode = 1;
}
