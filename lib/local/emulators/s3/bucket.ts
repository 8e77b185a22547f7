import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { getMimeType } from 'hono/utils/mime';
import { type LoopbackServer, serveAnyHost } from '../http/loopback-server.ts';

/**
 * Serves a folder as an S3 bucket for a distribution: `/assets/app.js` is the file `assets/app.js`. A missing object
 * returns 403, as S3 does without the permission to list objects.
 */
export async function startBucket(folder: string): Promise<LoopbackServer> {
  return await serveAnyHost((request, response) => {
    void object(folder, request.url ?? '/')
      .then((found) => {
        if (request.method !== 'GET' && request.method !== 'HEAD')
          return refuse(response, 405, 'MethodNotAllowed');
        if (found === undefined) return refuse(response, 403, 'AccessDenied');
        const headers = { etag: found.etag, 'last-modified': found.modified, 'accept-ranges': 'bytes' };
        const known = request.headers['if-none-match']?.split(',').some((tag) => tag.trim() === found.etag);
        if (known === true) return response.writeHead(304, headers).end();
        response.writeHead(200, {
          ...headers,
          'content-type': found.type,
          'content-length': found.body.length,
          server: 'AmazonS3',
        });
        return response.end(request.method === 'HEAD' ? undefined : found.body);
      })
      .catch(() => refuse(response, 500, 'InternalError'));
  });
}

async function object(folder: string, target: string) {
  const path = join(folder, decodeURIComponent(new URL(target, 'http://bucket').pathname));
  // The path must stay inside the folder.
  if (!path.startsWith(folder + sep)) return undefined;
  const file = await stat(path).catch(() => undefined);
  if (file?.isFile() !== true) return undefined;
  const body = await readFile(path);
  return {
    body,
    // The MD5 of the object, as in S3 for single-part uploads with S3-managed encryption.
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
    modified: file.mtime.toUTCString(),
    type: getMimeType(path) ?? 'binary/octet-stream',
  };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml', server: 'AmazonS3' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`);
}
