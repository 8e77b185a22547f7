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
 * @param outdir absolute, for `NAME/index.mjs` and the documents. Parallel synths need different folders
 * @throws the error of esbuild, which names file, line and cause
 */
export function buildBundles(configuration: Configuration, outdir: string): Bundles {
  for (const name of lambdaNames()) {
    buildSync({
      ...bundling,
      entryPoints: [`lambda/${name}/handler.ts`],
      entryNames: 'index',
      // Dynamic imports stay in separate files, so that a cold start does not load them.
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

/** Folders of `lambda/` with a handler. */
function lambdaNames(): string[] {
  return readdirSync(join(bundling.absWorkingDir, 'lambda'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('handler.ts'))
    .map(dirname)
    .sort();
}
