import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every synthesised template below a cloud assembly, nested assemblies included. */
export function templateFiles(assembly: string): string[] {
  return filesEndingWith(assembly, '.template.json');
}

/** The manifest of a cloud assembly and of each assembly nested in it. */
export function assemblyManifests(assembly: string): string[] {
  return filesEndingWith(assembly, 'manifest.json');
}

function filesEndingWith(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .sort();
}
