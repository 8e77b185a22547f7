import type { Deployment } from '../../engine/assembly.ts';
import { makeStateFolder, readOrCreate } from '../../run/state-folder.ts';
import { apiKeyType } from './rest-api-resources.ts';

const characters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** As long as those that AWS makes. */
const length = 40;

/**
 * Values for the API keys of the templates, by name: made once and kept, as AWS keeps them.
 *
 * @param folder where they are kept.
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
    /^[A-Za-z0-9]{40}$/.test(text) ? undefined : 'it does not hold an API key of 40 letters and digits';
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
