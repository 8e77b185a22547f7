import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LoopbackServer } from '../http/loopback-server.ts';
import { startBucket } from './bucket.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bucket-'));
let bucket: LoopbackServer | undefined;
beforeAll(async () => {
  mkdirSync(join(folder, 'files', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'files', 'assets', 'a b.css'), 'p {}');
  writeFileSync(join(folder, 'outside.txt'), 'not an object');
  bucket = await startBucket(join(folder, 'files'));
});
afterAll(() => {
  bucket?.close();
  rmSync(folder, { recursive: true });
});

/** Sends the path unchanged; `fetch` would normalise it. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { hostname, port } = new URL(bucket?.url ?? '');
  return new Promise<{ status: number | undefined; type: string | undefined; etag: string; body: string }>(
    (resolve, reject) => {
      const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
        let body = '';
        response.on('data', (part: Buffer) => (body += part.toString()));
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            type: response.headers['content-type'],
            etag: response.headers.etag ?? '',
            body,
          }),
        );
      });
      asked.on('error', reject);
      asked.end();
    },
  );
}

test('serves objects with their type and ETag', async () => {
  const found = await get('/assets/a%20b.css');
  expect(found).toMatchObject({ status: 200, body: 'p {}', etag: '"c3ee3d7a4380d6f58c98915781b09375"' });
  expect(found.type).toMatch(/^text\/css/);
  expect(await get('/assets/a%20b.css', { 'if-none-match': found.etag })).toMatchObject({
    status: 304,
    body: '',
  });
  expect(await get('/assets/a%20b.css', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
});

test.each([
  '/assets/none.css',
  '/assets',
  '/assets/',
  '/',
  '/../outside.txt',
  '/assets/..%2f..%2foutside.txt',
])('returns 403 for %s, which is not an object', async (path) => {
  expect(await get(path)).toMatchObject({ status: 403, type: 'application/xml' });
});

test('refuses writes', async () => {
  expect((await get('/assets/new.css', {}, 'PUT')).status).toBe(405);
});
