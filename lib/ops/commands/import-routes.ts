import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ImportedRoutes } from '../import/openapi-routes.ts';
import { OpsError, usageError } from './ops-error.ts';
import type { OpsPorts } from './session.ts';

interface ImportOptions {
  readonly service: string;
  readonly out?: string;
  readonly output: 'json' | 'text';
}

/** `routes import`: catalogue entries from an OpenAPI document. It works on files, and needs no gateway. */
export function addImport(routes: Command, ports: OpsPorts): void {
  const command = routes
    .command('import')
    .argument('<file>', 'OpenAPI 3.0 or 3.1, YAML or JSON')
    .description('write catalogue routes from an OpenAPI document, and say what is open')
    .requiredOption('--service <name>', 'service that serves the operations')
    .option('--out <file>', 'new file for the routes (default: the terminal)')
    .action(async (file: string) => {
      const options = command.optsWithGlobals<ImportOptions>();
      const { service, out, output } = options;
      if (!/^[a-z][a-z0-9-]{0,23}$/.test(service)) {
        throw usageError(
          `--service "${service}" cannot be the name of a service.`,
          'Use lower-case letters, digits and hyphens, at most 24 characters.',
        );
      }
      // Imported here, so that other commands load neither the catalogue nor the parser.
      const { readOpenApi } = await import('../import/read-openapi.ts');
      const { importRoutes } = await import('../import/openapi-routes.ts');
      const { catalogue } = await import('../../config/catalogue/catalogue.ts');
      const imported = importRoutes(await readOpenApi(file), service, catalogue);
      if (imported.routes.length === 0) {
        throw new OpsError(
          `${file} has no operation that can be a route.${imported.open.map((text) => `\n- ${text}`).join('')}`,
          'Correct the document, and import it again.',
        );
      }
      if (out !== undefined) await writeNew(out, entriesText(imported));
      ports.print(output === 'json' ? JSON.stringify(imported, null, 2) : report(imported, out));
    });
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    throw usageError(
      `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      'Give --out a file that does not exist, in a folder that does.',
    );
  }
}

/** Lines of TypeScript for `routes` of the catalogue. */
function entriesText({ routes }: ImportedRoutes): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  return routes
    .map(({ key, entry }) => {
      const fields = Object.entries(entry).map(([name, value]) => `${name}: ${quoted(value)}`);
      return `    ${quoted(key)}: { ${fields.join(', ')} },\n`;
    })
    .join('');
}

function report(imported: ImportedRoutes, out: string | undefined): string {
  const { routes, open } = imported;
  const where =
    out === undefined
      ? 'For `routes` in lib/config/catalogue/catalogue.ts:'
      : `${routes.length} routes are in ${out}, for \`routes\` in lib/config/catalogue/catalogue.ts.`;
  return [
    where,
    ...(out === undefined ? ['', entriesText(imported).trimEnd(), ''] : []),
    open.length === 0 ? 'Nothing is open.' : 'Open:',
    ...open.map((text) => `- ${text}`),
  ].join('\n');
}
