import type { Command } from 'commander';
import type { DeadLetterWebhook } from '../access/webhook-dead-letter-queue.ts';
import { pastInstant } from './argument-parsers.ts';
import { applyRecordedChange } from './change-record.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, type Session } from './session.ts';

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
  changeCommand<ReplayOptions>(
    webhooks
      .command('replay')
      .description('send dead letters on to the event log again; --dry-run lists them')
      .option('--id <events...>', 'only these')
      .option('--since <instant>', 'only those received then or later', pastInstant(ports.now))
      .option('--until <instant>', 'only those received before', pastInstant(ports.now)),
    ports,
    replay,
  );
}

async function replay(session: Session<ReplayOptions & ChangeOptions>): Promise<Report> {
  const { gateway, options } = session;
  const isChosen = choiceOf(options);
  const chosen = (await gateway.deadWebhooks.list()).filter(isChosen);
  return await applyRecordedChange(session, {
    document: 'webhooks',
    changes: chosen.map((webhook) => ({
      path: `deadLetters[${JSON.stringify(webhook.eventId)}]`,
      before: `${webhook.sender} ${webhook.type} ${webhook.receivedAt}`,
    })),
    effect: 'when the queue is drained, within two minutes while the event log takes them',
    apply: async () => ({ replayed: await gateway.deadWebhooks.replay(isChosen) }),
    resultText: ({ replayed }) => `${replayed} sent on.`,
  });
}

function choiceOf({ id, since, until }: ReplayOptions): (webhook: DeadLetterWebhook) => boolean {
  return ({ eventId, receivedAt }) =>
    (id === undefined || id.includes(eventId)) &&
    (since === undefined || Date.parse(receivedAt) >= Date.parse(since)) &&
    (until === undefined || Date.parse(receivedAt) < Date.parse(until));
}
