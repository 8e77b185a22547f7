import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { opsRunner } from '../support/ops-runner.ts';
import { scratchFolder } from '../support/scratch.ts';

let folder: string;
beforeEach(() => {
  folder = scratchFolder('import');
});

const ops = (...args: string[]) => opsRunner({ stateFolder: folder })(...args);
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const yaml = `
openapi: 3.0.3
info: { title: Gifts, version: '1' }
paths:
  /gifts/{id}:
    $ref: '#/components/pathItems/gift'
components:
  pathItems:
    gift:
      get: { security: [{ login: ['gifts:read'] }], responses: { '200': { $ref: '#/components/responses/gift' } } }
  responses:
    gift: { description: A gift., content: { application/json: { schema: { $ref: '#/components/schemas/gift' } } } }
  schemas:
    gift: { type: object, properties: { parent: { $ref: '#/components/schemas/gift' } } }
  securitySchemes:
    login: { type: openIdConnect, openIdConnectUrl: 'https://login.example' }
`;

describe('routes import', () => {
  test('reads YAML with local and circular references, and prints entries', async () => {
    const { exitCode, stdout } = await ops('routes', 'import', file('a.yaml', yaml), '--service', 'order');
    expect(exitCode).toBe(0);
    expect(stdout).toContain("'GET /gifts/{id}': { service: 'order', access: 'gifts:read', limit: 'user' },");
    expect(stdout).toContain('Nothing is open.');
  });

  test('reads JSON of OpenAPI 3.1, writes a new file, and overwrites none', async () => {
    const json = JSON.stringify({ openapi: '3.1.1', paths: { '/gifts': { post: { security: [] } } } });
    const [input, out] = [file('a.json', json), join(folder, 'routes.ts')];
    const first = await ops('routes', 'import', input, '--service', 'order', '--out', out);
    expect(first.stdout).toContain(`1 routes are in ${out}`);
    const text = readFileSync(out, 'utf8');
    expect(text).toBe("    'POST /gifts': { service: 'order', access: 'anonymous', limit: 'anonymous' },\n");
    const second = await ops('routes', 'import', input, '--service', 'order', '--out', out);
    expect(second).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('cannot be written') });
    expect(readFileSync(out, 'utf8')).toBe(text);
  });

  test.each([
    ['openapi: 3.1.0\npaths: { /a: [', 'is not a valid document'],
    ['swagger: "2.0"', 'is not an OpenAPI 3.0 or 3.1 document: its "openapi" is missing.'],
    ['openapi: 3.1.0\npaths: { /a: { $ref: "#/nowhere" } }', 'is not a valid document'],
    ['openapi: 3.1.0\npaths: {}', 'has no operation that can be a route.'],
    ['just a text', 'is not'],
    ['', 'is not'],
  ])('refuses %j by name', async (text, message) => {
    const outcome = await ops('routes', 'import', file('a.yaml', text), '--service', 'order');
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    [['routes', 'import', 'none.yaml', '--service', 'order'], 'none.yaml cannot be read'],
    [['routes', 'import', 'none.yaml', '--service', 'My Service'], 'cannot be the name of a service'],
    [['routes', 'import', 'none.yaml'], "required option '--service <name>' not specified"],
  ])('refuses %j', async (args, message) => {
    expect(await ops(...args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
  });
});
