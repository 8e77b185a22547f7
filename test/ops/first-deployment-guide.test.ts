import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../lib/compile/authorizer-policy.ts';
import { type EnvironmentInput, loadConfiguration, reservedNames } from '../../lib/config/index.ts';
import { preflightCommand } from '../../lib/ops/preflight/preflight-command.ts';
import { quotasCommand } from '../../lib/ops/quotas/quotas-command.ts';
import { guideBlocks } from '../support/guide-blocks.ts';
import { scratchFolder } from '../support/scratch.ts';
import { newApp, stageOf } from '../support/synth.ts';

const guide = 'docs/guides/first-deployment.md';
const shell = guideBlocks(guide, 'sh');
const lines = shell.flatMap((block) => block.split('\n')).filter((line) => line.trim() !== '');
const starting = (start: string) => lines.filter((line) => line.replace(/^\(.*?&& /, '').startsWith(start));

const scratch = scratchFolder('guide');

/** The entries that the guide puts into dev.ts, with an address in place of its placeholder. */
const overrides = await (async () => {
  const [block = ''] = guideBlocks(guide, 'ts');
  const file = join(scratch, 'entries.mjs');
  mkdirSync(scratch, { recursive: true });
  writeFileSync(file, `export default {${block.replaceAll('MY_ADDRESS', '192.0.43.10')}};`);
  const module: unknown = await import(/* @vite-ignore */ file);
  return (module as { readonly default: Partial<EnvironmentInput> }).default;
})();

/** Runs lines of the guide in one shell, and returns what it prints. */
const run = (script: string, environment: Readonly<Record<string, string>> = {}) =>
  execFileSync('bash', ['-euc', script], { encoding: 'utf8', env: { ...process.env, ...environment } });

describe('the guide to a first deployment', () => {
  test('describes an environment without placeholders, apart from the link in the catalogue', () => {
    const configuration = loadConfiguration('dev', overrides);
    const left = reservedNames(configuration).filter(({ where }) => where.includes('environments'));
    expect(left).toEqual([]);
    const others = reservedNames(configuration).map(({ text }) => text);
    expect(others).toEqual(['https://developers.store.example/versions']);
    expect(compilePolicy(configuration).issuers).toEqual([]);
  });

  test('names the stacks, the pool, the application, the callback and the repository that the templates have', () => {
    const { stacks } = stageOf(newApp(join(scratch, 'app')), 'dev', overrides).synth();
    const ids = stacks.map(({ hierarchicalId }) => hierarchicalId);
    const named = starting('npx cdk').flatMap((line) => line.match(/\bdev\/[\w*-]+/g) ?? []);
    expect(named.length).toBeGreaterThan(10);
    for (const name of named) {
      const pattern = new RegExp(`^${name.replace('*', '.*')}$`);
      expect([name, ids.some((id) => pattern.test(id))]).toEqual([name, true]);
    }
    const destroyed = starting('npx cdk destroy').flatMap((line) => line.match(/\bdev\/[\w*-]+/g) ?? []);
    const isDestroyed = (id: string) =>
      destroyed.some((name) => new RegExp(`^${name.replace('*', '.*')}$`).test(id));
    expect(ids.filter((id) => !isDestroyed(id))).toEqual([]);
    const names = new Set(stacks.map(({ stackName }) => stackName));
    for (const [, name] of lines.join('\n').matchAll(/--stack-name (\S+)/g)) expect(names).toContain(name);
    const data = readFileSync(
      stacks.find(({ stackName }) => stackName === 'gatehouse-dev-data')?.templateFullPath ?? '',
      'utf8',
    );
    const { Resources, Outputs } = JSON.parse(data) as {
      Resources: Record<string, { Type: string }>;
      Outputs: Record<string, { Value: unknown }>;
    };
    expect(Resources['UserPool']?.Type).toBe('AWS::Cognito::UserPool');
    expect(Outputs['UserPoolId']?.Value).toEqual({ Ref: 'UserPool' });
    expect(data).toContain('"gatehouse-dev-shop"');
    const [authorize = ''] = starting('echo');
    const query = new URL(authorize.replace(/^echo "\$SIGN_IN|"$/g, 'https://x')).searchParams;
    expect(data).toContain(`"${query.get('redirect_uri')}"`);
    for (const scope of (query.get('scope') ?? '').split(' ').slice(1)) {
      expect(data).toContain(`"ScopeName": "${scope.replace('store-api/', '')}"`);
    }
    expect(lines.join('\n')).toContain(
      `https://${(overrides.identity as { domainPrefix: string }).domainPrefix}.auth.`,
    );
    expect(lines.join('\n')).toContain(`:${loadConfiguration('dev').environment.services.imageTag}"`);
  });

  test('uses options that the commands have', async () => {
    const help = {
      'npm run preflight': (await preflightCommand(['--help'], {} as never)).stdout ?? '',
      'npm run quotas':
        (await quotasCommand(['--help'], () => Promise.reject(new Error('not asked')))).stdout ?? '',
    };
    for (const [command, text] of Object.entries(help)) {
      const options = starting(command).flatMap(
        (line) => line.replace(/#.*/, '').match(/(?<= )--[a-z][\w-]*/g) ?? [],
      );
      for (const option of options) expect(text).toContain(option);
    }
    const explain = run('node bin/run.cjs ops explain --help');
    for (const option of starting('npm run ops').flatMap((line) => line.match(/(?<= )--[a-z][\w-]*/g) ?? []))
      expect(explain).toContain(option);
    for (const command of ['synth', 'deploy', 'destroy', 'bootstrap']) {
      const used = starting(`npx cdk ${command}`).concat(
        lines.filter((line) => line.includes(`cdk ${command} `)),
      );
      expect(used.length).toBeGreaterThan(0);
      const text = run(`node node_modules/aws-cdk/bin/cdk ${command} --help`);
      const options = used.flatMap((line) => line.replace(/.*cdk /, '').match(/(?<= )--[a-z][\w-]*/g) ?? []);
      for (const option of options)
        expect([command, option, text.includes(option)]).toEqual([command, option, true]);
    }
  });

  test('makes a verifier and its challenge as RFC 7636 says, and exchanges the code for a token', async () => {
    const forms: URLSearchParams[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        forms.push(new URLSearchParams(body));
        response.end(JSON.stringify({ access_token: 'a-token', token_type: 'Bearer' }));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const [pkce = '', exchange = ''] = shell.filter((block) => /^(VERIFIER|CODE)=/.test(block));
    const script = `CLIENT=a-client\n${pkce.replace(/^SIGN_IN=.*$/m, `SIGN_IN=http://127.0.0.1:${port}`)}\n${exchange}\necho "$TOKEN $VERIFIER"`;
    const { spawn } = await import('node:child_process');
    const child = spawn('bash', ['-euc', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    for await (const chunk of child.stdout) printed += String(chunk);
    server.close();
    const [authorize = '', last = ''] = printed.trim().split('\n');
    const [token, verifier = ''] = last.split(' ');
    expect(verifier).toMatch(/^[A-Za-z0-9_-]{43,128}$/);
    const { searchParams } = new URL(authorize);
    expect(searchParams.get('code_challenge')).toBe(
      createHash('sha256').update(verifier).digest('base64url'),
    );
    expect(searchParams.get('client_id')).toBe('a-client');
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: 'authorization_code',
      client_id: 'a-client',
      code: 'PASTE_THE_CODE',
      redirect_uri: searchParams.get('redirect_uri'),
      code_verifier: verifier,
    });
    expect(token).toBe('a-token');
  });
});
