import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, AssetHashType } from 'aws-cdk-lib';
import type { Template as TemplateAssertions } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { loadBalancedServices } from '../../lib/compile/load-balanced-services.ts';
import {
  type EnvironmentInput,
  type EnvironmentName,
  loadCatalogue,
  loadConfiguration,
} from '../../lib/config/index.ts';
import type { Bundles } from '../../lib/features/functions/bundles.ts';
import { GatewayStage } from '../../lib/gateway-stage.ts';
import { scratchFolder } from './scratch.ts';

export const environmentNames = ['local', 'dev', 'staging', 'prod'] as const satisfies EnvironmentName[];
type ServiceStackName = `Service-${string}`;
const serviceStackNames = loadBalancedServices(loadCatalogue()).map(
  ([name]): ServiceStackName => `Service-${name}`,
);
export const stackNames = [
  'Network',
  'Data',
  'Alerts',
  'Cluster',
  ...serviceStackNames,
  'Api',
  'Partner',
  'Edge',
  'Events',
  'Observability',
  'Policy',
  'Key',
  'Key-us-east-1',
] as const;

export type StackName = (typeof stackNames)[number];

/** Resources by logical id, with unresolved intrinsic functions. */
export type Resources = ReturnType<TemplateAssertions['findResources']>;
export type Resource = Resources[string];

export interface Template {
  readonly Resources: Resources;
  readonly [section: string]: unknown;
}

export interface Synthesised {
  /** Folder of the stage's cloud assembly. */
  readonly folder: string;
  readonly templates: Readonly<Record<StackName, Template>>;
  /** Names of the stacks with termination protection, sorted. */
  readonly protectedStacks: readonly string[];
}

const scratch = scratchFolder('synth');

const memo = new Map<EnvironmentName, Synthesised>();

/** An environment, synthesised once per worker without bundling. */
export function synthesised(name: EnvironmentName): Synthesised {
  const known = memo.get(name);
  if (known !== undefined) return known;
  const { directory, stacks } = stageOf(newApp(join(scratch, name)), name).synth();
  const nameOf = (stack: { readonly hierarchicalId: string }) => stack.hierarchicalId.split('/').at(-1) ?? '';
  const result: Synthesised = {
    folder: directory,
    templates: Object.fromEntries(
      stacks.map((stack) => [nameOf(stack), JSON.parse(readFileSync(stack.templateFullPath, 'utf8'))]),
    ) as Synthesised['templates'],
    protectedStacks: stacks
      .filter((stack) => stack.terminationProtection)
      .map(nameOf)
      .sort(),
  };
  memo.set(name, result);
  return result;
}

/** All resources of an environment, each with its stack and logical id. */
export function resourcesOf(name: EnvironmentName): { stack: string; id: string; resource: Resource }[] {
  return Object.entries(synthesised(name).templates).flatMap(([stack, template]) =>
    Object.entries(template.Resources).map(([id, resource]) => ({ stack, id, resource })),
  );
}

/**
 * An app with the context of cdk.json, which the CDK does not read in tests.
 *
 * @param validation Whether to run the CloudFormation validation, which takes seconds. aws-rules.verify.ts runs it for whole environments.
 */
export function newApp(outdir: string, validation: 'validated' | 'unchecked' = 'unchecked'): App {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
  return new App({
    outdir,
    context,
    analyticsReporting: false,
    // Metadata takes a tenth of the synthesis, and no test reads it.
    stackTraces: false,
    builtinCloudFormationValidation: validation === 'validated',
  });
}

export function stageOf(
  app: App,
  name: EnvironmentName,
  overrides: Partial<EnvironmentInput> = {},
): GatewayStage {
  const configuration = loadConfiguration(name, overrides);
  return new GatewayStage(app, name, { configuration, bundles: stubBundles() });
}

/** Functions without code, whose hash does not depend on the path of the checkout. */
export function stubBundles(): Bundles {
  const folder = join(scratch, 'function');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.mjs'), 'export const handler = () => {};\n');
  return {
    lambda: (name) => Code.fromAsset(folder, { assetHash: name, assetHashType: AssetHashType.CUSTOM }),
  };
}
