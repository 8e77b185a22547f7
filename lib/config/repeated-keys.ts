import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import type { Fault } from './config-error.ts';

/**
 * Keys that an object of a configuration file has twice. JavaScript keeps the second one without a word, so that a route,
 * a plan or a limit would be lost; only the text of the files shows it.
 *
 * @param folders of the sources, absolute, with their names in faults.
 */
export function repeatedKeyFaults(folders: Readonly<Record<string, string>> = configurationFolders): Fault[] {
  return Object.entries(folders).flatMap(([name, folder]) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .sort()
      .flatMap((file) => repeatedKeys(`${name}/${file}`, readFileSync(`${folder}/${file}`, 'utf8'))),
  );
}

const folderOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const configurationFolders = {
  'lib/config/catalogue': folderOf('catalogue'),
  'lib/config/environments': folderOf('environments'),
};

function repeatedKeys(file: string, text: string): Fault[] {
  const faults: Fault[] = [];
  new Visitor({
    ObjectExpression: ({ properties }) => {
      const seen = new Set<string>();
      for (const property of properties) {
        if (property.type !== 'Property' || property.computed) continue;
        const { key } = property;
        const name =
          key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : undefined;
        if (name === undefined) continue;
        if (seen.has(name)) {
          faults.push({
            entry: `${file}:${text.slice(0, key.start).split('\n').length} ${JSON.stringify(name)}`,
            fault: 'is given twice; only the second would count.',
            remedy: 'Merge the two, or rename one.',
          });
        }
        seen.add(name);
      }
    },
  }).visit(parseSync(file, text).program);
  return faults;
}
