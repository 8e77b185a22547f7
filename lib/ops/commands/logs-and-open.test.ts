import { Command, Option } from 'commander';
import { describe, expect, test, vi } from 'vitest';
import { createAlarmReader } from '../access/alarm-reader.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import { createLogReader } from '../access/log-reader.ts';
import { addLogs } from './logs.ts';
import { addOpen } from './open.ts';
import type { OpsPorts } from './session.ts';

const now = Date.parse('2026-12-01T03:00:00Z');
const opened = vi.hoisted(() => ({ gateway: {} as object }));
vi.mock('../access/open-gateway.ts', () => ({ openGateway: () => Promise.resolve(opened.gateway) }));

const group = 'gatehouse-prod-api-AuthLogs940C0551-a1B2';
const describeLogGroups = vi.fn(({ nextToken }: { nextToken?: string | undefined }) =>
  Promise.resolve(
    nextToken === undefined
      ? { logGroups: [{ logGroupName: 'gatehouse-prod-api-OtherLogs940C0551-a' }], nextToken: 'more' }
      : { logGroups: [{ logGroupName: group }] },
  ),
);
const filterLogEvents = vi.fn(({ nextToken }: { nextToken?: string | undefined }) =>
  Promise.resolve(
    nextToken === undefined
      ? { events: [{ timestamp: now - 2_000, message: 'one' }], nextToken: 'more' }
      : {
          events: [
            { timestamp: now - 1_000, message: '{"level":"error"}\n' },
            { timestamp: now, message: 'three' },
          ],
        },
  ),
);
const description =
  'The limit store does not respond.\nRunbook: https://r.example/a.md\nMetric: https://c.example/#b';
const describeAlarms = vi.fn(({ AlarmNamePrefix = '' }: { AlarmNamePrefix?: string | undefined }) =>
  Promise.resolve({
    MetricAlarms: ['gatehouse-prod-A', 'gatehouse-prod-A-b']
      .filter((AlarmName) => AlarmName.startsWith(AlarmNamePrefix))
      .map((AlarmName) => ({
        AlarmName,
        AlarmDescription: description,
        StateValue: 'ALARM' as const,
        StateReason: 'Threshold Crossed',
        StateUpdatedTimestamp: new Date(now),
      })),
    $metadata: {},
  }),
);

opened.gateway = {
  environment: 'prod',
  logs: createLogReader({
    client: { describeLogGroups, filterLogEvents } as never,
    groups: new Map([['auth', { stack: 'api', logicalId: 'AuthLogs' }]]),
    environment: 'prod',
    region: 'eu-west-1',
  }),
  alarms: createAlarmReader({ clientIn: () => ({ describeAlarms }) as never, regions: ['eu-west-1'] }),
} satisfies Partial<GatewayAccess>;

async function run(...args: string[]): Promise<string> {
  const printed: string[] = [];
  const ports = { now: () => now, print: (text: string) => printed.push(text) } as unknown as OpsPorts;
  const program = new Command().exitOverride().addOption(new Option('--output <format>').default('text'));
  addLogs(program, ports);
  addOpen(program, ports);
  await program.parseAsync([...args, '--env', 'prod'], { from: 'user' });
  return printed.join('\n');
}

describe('ops logs', () => {
  test('prints the last lines of the log group that belongs to the name', async () => {
    const text = await run(
      'logs',
      'auth',
      '--since',
      '10m',
      '--lines',
      '2',
      '--filter',
      '{ $.level = "error" }',
    );
    expect(text).toBe('2026-12-01T02:59:59.000Z {"level":"error"}\n2026-12-01T03:00:00.000Z three');
    expect(filterLogEvents.mock.calls[0]?.[0]).toMatchObject({
      logGroupName: group,
      startTime: now - 600_000,
      filterPattern: '{ $.level = "error" }',
    });
  });

  test('refuses an unknown name and lists the known ones', async () => {
    await expect(run('logs', 'other')).rejects.toMatchObject({
      message: 'prod has no log "other".',
      remedy: 'Give one of: auth.',
      exitCode: 2,
    });
  });
});

describe('ops open', () => {
  test('prints the state and the links of the alarm with the name', async () => {
    expect(await run('open', 'A')).toBe(
      [
        'Alarm    gatehouse-prod-A (eu-west-1)',
        'State    ALARM since 2026-12-01T03:00:00.000Z',
        'Reason   Threshold Crossed',
        'Console  https://c.example/#b',
        'Runbook  https://r.example/a.md',
      ].join('\n'),
    );
  });

  test('prints every alarm whose name begins with the argument when none has that name', async () => {
    const text = await run('open', 'gatehouse-prod-', '--output', 'json');
    expect(JSON.parse(text)).toMatchObject({
      alarms: [{ name: 'gatehouse-prod-A' }, { name: 'gatehouse-prod-A-b' }],
    });
  });

  test('fails when no alarm has the name', async () => {
    await expect(run('open', 'Unknown')).rejects.toMatchObject({ exitCode: 1 });
  });
});
