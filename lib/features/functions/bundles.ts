import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { compositionsFileName } from '../../../lambda/aggregation/contract.ts';
import { policyFileName } from '../../../lambda/auth/contract.ts';
import { plansFileName } from '../../../lambda/partner-plans/contract.ts';
import { namesFileName } from '../../../lambda/policy-validator/contract.ts';
import { tokenPolicyFileName } from '../../../lambda/revocation/contract.ts';
import { webhooksFileName } from '../../../lambda/webhooks/contract.ts';
import { catalogueNames, compilePolicy, compileTokenPolicy } from '../../compile/authorizer-policy.ts';
import { compileCompositions } from '../../compile/compositions.ts';
import { compileWebhooks } from '../../compile/webhook-settings.ts';
import type { Configuration } from '../../config/index.ts';
import { bundling } from './bundling.ts';

/** The code of the Lambda functions. */
export interface Bundles {
  /** @param name of a folder in `lambda/` */
  lambda(name: string): Code;
}

/**
 * Bundles every `lambda/NAME/handler.ts` once per synth, each with the documents that the configuration compiles to.
 *
 * @param outdir absolute; `NAME/index.mjs` and the documents go there. Two synths at once need two.
 * @throws the bundler's failure, which names file, line and cause.
 */
export function buildBundles(configuration: Configuration, outdir: string): Bundles {
  for (const name of lambdaNames()) {
    buildSync({
      ...bundling,
      entryPoints: [`lambda/${name}/handler.ts`],
      entryNames: 'index',
      // What is imported when it is needed stays apart, so that a start does not read it.
      splitting: true,
      outdir: join(outdir, name),
      outExtension: { '.js': '.mjs' },
    });
  }
  writeFileSync(join(outdir, 'auth', policyFileName), JSON.stringify(compilePolicy(configuration)));
  writeFileSync(
    join(outdir, 'aggregation', compositionsFileName),
    JSON.stringify(compileCompositions(configuration)),
  );
  writeFileSync(
    join(outdir, 'revocation', tokenPolicyFileName),
    JSON.stringify(compileTokenPolicy(configuration)),
  );
  writeFileSync(
    join(outdir, 'policy-validator', namesFileName),
    JSON.stringify(catalogueNames(configuration)),
  );
  writeFileSync(join(outdir, 'partner-plans', plansFileName), JSON.stringify(configuration.catalogue.plans));
  writeFileSync(join(outdir, 'webhooks', webhooksFileName), JSON.stringify(compileWebhooks(configuration)));
  return { lambda: (name) => Code.fromAsset(join(outdir, name)) };
}

/** The folders of `lambda/` with a handler. */
function lambdaNames(): string[] {
  return readdirSync(join(bundling.absWorkingDir, 'lambda'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('handler.ts'))
    .map(dirname)
    .sort();
}
