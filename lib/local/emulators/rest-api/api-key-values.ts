import type { Deployment } from '../../engine/assembly.ts';
import { makeStateFolder, readOrCreate } from '../../run/state-folder.ts';
import { apiKeyType } from './rest-api-resources.ts';

const characters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** The length of generated keys in AWS. */
const length = 40;

/**
 * Generates the values of the API keys of the templates, by name, and stores them for later runs.
 *
 * @param folder the folder of the stored values.
 * @param randomBelow a random integer from 0 to one less than its argument.
 */
export async function apiKeyValues(
  deployment: Deployment,
  folder: string,
  randomBelow: (limit: number) => number,
): Promise<(name: string) => string> {
  makeStateFolder(folder);
  const make = () =>
    Promise.resolve(Array.from({ length }, () => characters.charAt(randomBelow(characters.length))).join(''));
  const fault = (text: string) =>
    /^[A-Za-z0-9]{40}$/.test(text) ? undefined : 'it does not contain an API key of 40 letters and digits';
  const fileOf = (name: string) => `api-key-${encodeURIComponent(name)}`;
  const names = deployment.ofType(apiKeyType.type).map(({ properties }) => String(properties['Name']));
  const values = await Promise.all(
    names.map(
      async (name) => [name, await readOrCreate({ folder, name: fileOf(name), make, fault })] as const,
    ),
  );
  const byName = new Map(values);
  return (name) => byName.get(name) ?? '';
}
