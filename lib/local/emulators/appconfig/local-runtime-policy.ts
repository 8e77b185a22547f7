import { randomUUID } from 'node:crypto';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';
import type { Deployment } from '../../engine/assembly.ts';
import type { Functions } from '../lambda/functions.ts';
import { type AppConfigData, startAppConfigData } from './appconfig-data.ts';
import { readConfiguration } from './appconfig-resources.ts';
import { WatchedDocument } from './watched-document.ts';

export interface RuntimePolicyOptions {
  /** The watched file; created when it does not exist. */
  readonly file: string;
  /** Returns the functions of the templates, which include the validator. */
  readonly functions: () => Functions;
  readonly notice: (text: string) => void;
}

/** AppConfig with the runtime policy from a file. */
export interface RuntimePolicy extends AppConfigData {
  /** Deploys the file, and later every change of it. */
  readonly deploy: () => Promise<void>;
}

/** @throws {UnsupportedError} when an AppConfig resource uses a property that is not emulated. */
export async function startRuntimePolicy(
  deployment: Deployment,
  { file, functions, notice }: RuntimePolicyOptions,
): Promise<RuntimePolicy> {
  const configuration = readConfiguration(deployment);
  const validate = async (text: string): Promise<string | undefined> => {
    const event = { content: Buffer.from(text).toString('base64'), uri: 'hosted' };
    for (const validator of configuration.validators) {
      const result = await functions().invoke(validator, event);
      if (!result.ok) return result.error;
    }
    return undefined;
  };
  const tell = async (reference: string): Promise<void> => {
    const result = await functions().invoke(reference, { Type: 'OnDeploymentComplete' });
    if (!result.ok) notice(`The function that AppConfig invokes after a deployment failed: ${result.error}`);
  };
  const document = new WatchedDocument({
    file,
    validate,
    // AppConfig does not wait for these functions either.
    onDeployed: () => {
      for (const reference of configuration.notified) void tell(reference);
    },
    notice,
    read: readFileIfExists,
  });
  const data = await startAppConfigData(configuration, () => document.deployed, randomUUID);
  return {
    url: data.url,
    deploy: () => document.start(),
    close() {
      document.close();
      data.close();
    },
  };
}
