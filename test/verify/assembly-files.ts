import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of all templates of a cloud assembly, nested assemblies included. */
export function templateFiles(assembly: string): string[] {
  return filesEndingWith(assembly, '.template.json');
}

/** Paths of the manifests of a cloud assembly and of its nested assemblies. */
export function assemblyManifests(assembly: string): string[] {
  return filesEndingWith(assembly, 'manifest.json');
}

function filesEndingWith(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .sort();
}
