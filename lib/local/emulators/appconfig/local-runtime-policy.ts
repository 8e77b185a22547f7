import { randomUUID } from 'node:crypto';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';
import type { Deployment } from '../../engine/assembly.ts';
import type { Functions } from '../lambda/functions.ts';
import { type AppConfigData, startAppConfigData } from './appconfig-data.ts';
import { readConfiguration } from './appconfig-resources.ts';
import { WatchedDocument } from './watched-document.ts';

export interface RuntimePolicyOptions {
  /** Watched, and made if it is not there. */
  readonly file: string;
  /** The functions of the templates, of which one is the validator. Asked for when there is something to validate. */
  readonly functions: () => Functions;
  readonly notice: (text: string) => void;
}

/** AppConfig with the runtime policy, whose documents come from a file. */
export interface RuntimePolicy extends AppConfigData {
  /** Deploys what the file holds, and from then on each of its changes. */
  readonly deploy: () => Promise<void>;
}

/** @throws {UnsupportedError} when the templates ask of AppConfig what is not emulated. */
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
    if (!result.ok) notice(`A function that is told of the runtime policy failed: ${result.error}`);
  };
  const document = new WatchedDocument({
    file,
    validate,
    // Beside the run, as AppConfig does not wait for them either.
    onDeployed: () => {
      for (const reference of configuration.notifiedFunctions) void tell(reference);
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
