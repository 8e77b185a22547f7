import type { Command } from 'commander';
import type { DeadWebhook } from '../access/dead-webhooks.ts';
import { momentPast } from './argument-parsers.ts';
import { recordChange } from './change-record.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changing, type OpsPorts, type Session } from './session.ts';

interface ReplayOptions {
  readonly id?: readonly string[];
  readonly since?: string;
  readonly until?: string;
}

/** `webhooks`: those that were acknowledged and did not arrive. */
export function addWebhooks(program: Command, ports: OpsPorts): void {
  const webhooks = program
    .command('webhooks')
    .description('Webhooks that were acknowledged and could not be brought into the event log.');
  changing<ReplayOptions>(
    webhooks
      .command('replay')
      .description('send dead letters on to the event log again; --dry-run lists them')
      .option('--id <events...>', 'only these')
      .option('--since <instant>', 'only those received then or later', momentPast(ports.now))
      .option('--until <instant>', 'only those received before', momentPast(ports.now)),
    ports,
    replay,
  );
}

async function replay(session: Session<ReplayOptions & ChangeOptions>): Promise<Report> {
  const { gateway, options } = session;
  const isChosen = choiceOf(options);
  const chosen = (await gateway.deadWebhooks.list()).filter(isChosen);
  return await recordChange(session, {
    document: 'webhooks',
    changes: chosen.map((webhook) => ({
      path: `deadLetters[${JSON.stringify(webhook.eventId)}]`,
      before: `${webhook.sender} ${webhook.type} ${webhook.receivedAt}`,
    })),
    effect: 'when the queue is drained, within two minutes while the event log takes them',
    apply: async () => ({ replayed: await gateway.deadWebhooks.replay(isChosen) }),
    tell: ({ replayed }) => `${replayed} sent on.`,
  });
}

function choiceOf({ id, since, until }: ReplayOptions): (webhook: DeadWebhook) => boolean {
  return ({ eventId, receivedAt }) =>
    (id === undefined || id.includes(eventId)) &&
    (since === undefined || Date.parse(receivedAt) >= Date.parse(since)) &&
    (until === undefined || Date.parse(receivedAt) < Date.parse(until));
}
