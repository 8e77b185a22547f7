import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../check-report.ts';
import { awsChecks, httpChecks } from './checks.ts';
import { sendByFetch } from './http-port.ts';
import { clientsOf, healthyAccount } from './testing/healthy-account.ts';
import { type VerifyPorts, verifyDeployedCommand } from './verify-deployed-command.ts';

const unanswered: VerifyPorts = {
  environment: {},
  now: () => Date.parse('2026-12-01T12:00:00Z'),
  send: async () => await sendByFetch('http://127.0.0.1:9/', {}),
  wait: async () => undefined,
  unique: () => 'verify=1',
  openAws: async () => {
    throw new Error('Could not load credentials from any providers');
  },
};

const checksOf = (stdout: string | undefined): readonly CheckResult[] =>
  (JSON.parse(stdout ?? '') as { readonly checks: readonly CheckResult[] }).checks;

describe('verify:deployed', () => {
  test.each([
    [[], /Name one environment: local, dev, staging, prod\./],
    [['nowhere'], /Name one environment/],
    [['dev', 'prod'], /Name one environment/],
    [['dev', '--url', 'edge.example'], /--url is not an address of http or https: edge\.example/],
    [['dev', '--partner-url', 'ftp://a'], /--partner-url is not an address/],
    [['dev', '--verbose'], /--verbose/],
    [['local'], /give its address by --url/],
  ])('ends with 2 and says why for the arguments %j', async (args, message) => {
    const { exitCode, stderr } = await verifyDeployedCommand(args, unanswered);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('shows its help in 80 columns', async () => {
    const { exitCode, stdout = '' } = await verifyDeployedCommand(['--help'], unanswered);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('cannot tell anything without credentials and ends with 1', async () => {
    const { exitCode, stdout } = await verifyDeployedCommand(['dev', '--json'], unanswered);
    const checks = checksOf(stdout);
    expect(exitCode).toBe(1);
    expect(checks).toHaveLength(httpChecks.length + awsChecks.length);
    expect(new Set(checks.map(({ outcome }) => outcome))).toEqual(new Set(['inconclusive']));
    expect(checks.at(-1)?.detail).toMatch(/Could not load credentials/);
  });

  test('asks the address that it is given without credentials as well', async () => {
    const asked: string[] = [];
    await verifyDeployedCommand(['dev', '--url', 'https://given.example/', '--quick'], {
      ...unanswered,
      send: async (url) => {
        asked.push(new URL(url).origin);
        return { status: 404, headers: new Headers(), text: '' };
      },
    });
    expect(new Set(asked)).toEqual(new Set(['https://given.example', 'http://given.example']));
  });

  test('takes the addresses from the stacks', async () => {
    const asked = new Set<string>();
    const { stdout, exitCode } = await verifyDeployedCommand(['prod', '--json', '--quick'], {
      ...unanswered,
      openAws: async () => clientsOf(healthyAccount),
      send: async (url) => {
        asked.add(new URL(url).origin);
        return { status: 404, headers: new Headers(), text: '' };
      },
    });
    expect(asked).toContain('https://edge.example');
    expect(asked).toContain('https://restapi.execute-api.eu-west-1.amazonaws.com');
    expect(exitCode).toBe(1);
    expect(checksOf(stdout).some(({ name }) => name === 'stale-answer-at-once')).toBe(false);
  });

  test('asks AWS nothing about the local run', async () => {
    const { stdout } = await verifyDeployedCommand(
      ['local', '--url', 'http://localhost:8080', '--json'],
      unanswered,
    );
    expect(checksOf(stdout).map(({ name }) => name)).toEqual(httpChecks.map(({ name }) => name));
  });
});

test('checks have names of their own', () => {
  const names = [...httpChecks, ...awsChecks].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)+$/.test(name))).toEqual([]);
});
