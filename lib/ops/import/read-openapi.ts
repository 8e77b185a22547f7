import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { $RefParser } from '@apidevtools/json-schema-ref-parser';
import { OpsError, usageError } from '../commands/ops-error.ts';
import type { OpenApiDocument } from './openapi-routes.ts';

/**
 * Reads an OpenAPI 3.0 or 3.1 document in YAML or JSON, with its local references resolved. References to other files
 * and to the network are not followed, so that a document cannot read what its author could not.
 *
 * @throws {OpsError} with the file, the place and the remedy.
 */
export async function readOpenApi(file: string): Promise<OpenApiDocument> {
  const path = resolve(file);
  await readFile(path).catch((error: unknown) => {
    throw usageError(`${file} cannot be read: ${messageOf(error)}`, 'Give the path of an OpenAPI document.');
  });
  let document: unknown;
  try {
    document = await new $RefParser().dereference(path, {
      resolve: { external: false },
    });
  } catch (error) {
    throw new OpsError(
      `${file} is not a valid document: ${messageOf(error).split('\n')[0]}`,
      'Correct it. It must be YAML or JSON, and every $ref must begin with "#/".',
    );
  }
  const version = (document as { readonly openapi?: unknown } | null)?.openapi;
  if (typeof version !== 'string' || !/^3\.[01]\./.test(version)) {
    throw new OpsError(
      `${file} is not an OpenAPI 3.0 or 3.1 document: its "openapi" is ${JSON.stringify(version) ?? 'missing'}.`,
      'Convert it to OpenAPI 3.1 first.',
    );
  }
  return document as OpenApiDocument;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
