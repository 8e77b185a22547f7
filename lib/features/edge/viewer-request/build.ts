import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { internalHeaderPrefixes, requestHeaders } from '../../../../runtime/contracts/gateway-contract.ts';
import { unsupportedSyntax } from './unsupported-syntax.ts';
import type { VersionedResource, ViewerRequestSettings } from './viewer-request.ts';

/** CloudFront's maximum code size of a function, in bytes. */
export const maxFunctionBytes = 10_240;

/**
 * Code of the viewer-request function for CloudFront: one script that declares `handler`, in the language of the JavaScript
 * runtime 2.0.
 *
 * @param paths of the routes, such as `/v1/products/{id}`; versioned routes are reached without the version, too
 * @throws the error of esbuild if the source uses unsupported syntax, and an Error that names the lines which the runtime
 *   cannot run
 */
export function viewerRequestCode(paths: readonly string[]): string {
  const settings: ViewerRequestSettings = {
    internalPrefixes: internalHeaderPrefixes,
    viewerAddressHeader: requestHeaders.viewerAddress,
    targetHeader: requestHeaders.target,
    resources: versionedResources(paths),
  };
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
        import cf from 'cloudfront';
        import { viewerRequest } from './viewer-request.ts';
        const switches = cf.kvs();
        const settings = ${JSON.stringify(settings)};
        export async function handler(event) { const result = await viewerRequest(event, settings, switches); return result; }`,
      resolveDir: dirname(fileURLToPath(import.meta.url)),
      sourcefile: 'handler.js',
    },
    bundle: true,
    write: false,
    format: 'esm',
    charset: 'utf8',
    // A module of the runtime: the key-value store.
    external: ['cloudfront'],
    target: 'es5',
    supported: { 'const-and-let': true, arrow: true, 'template-literal': true, 'async-await': true },
    logLevel: 'silent',
  });
  // A CloudFront Function is a script without exports.
  const code = (outputFiles[0]?.text ?? '')
    .replace(/^\/\/ .*\n/gm, '')
    .replace(/export \{\s*handler\s*\};\s*$/, '');
  const faults = unsupportedSyntax(code);
  const size = Buffer.byteLength(code);
  if (size > maxFunctionBytes) faults.push(`It has ${size} bytes; CloudFront takes ${maxFunctionBytes}.`);
  if (faults.length > 0) {
    throw new Error(`CloudFront cannot run the viewer-request function:\n${faults.join('\n')}`);
  }
  return code;
}

/** Versions by resource: `products` with 1 and 2 for `/v1/products/{id}` and `/v2/products/{id}`. */
export function versionedResources(paths: readonly string[]): VersionedResource[] {
  const versions = new Map<string, Set<number>>();
  for (const path of paths) {
    const [, version, resource] = /^\/v(\d+)\/([^/{]+)/.exec(path) ?? [];
    if (version === undefined || resource === undefined) continue;
    versions.set(resource, (versions.get(resource) ?? new Set()).add(Number(version)));
  }
  return [...versions].map(([name, numbers]) => ({ name, versions: [...numbers].sort((a, b) => a - b) }));
}
