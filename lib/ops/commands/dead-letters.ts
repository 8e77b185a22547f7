import type { Command } from 'commander';
import type { DeadLetter, ReplayResult } from '../access/dead-letter-queues.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import { confirm } from '../confirm.ts';
import { pastInstant } from './argument-parsers.ts';
import { exitCodes, OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

interface ReplayOptions {
  readonly id?: readonly string[];
  readonly since?: string;
  readonly until?: string;
}

const consumerArgument = 'a consumer of dead-letters list';

/** `dead-letters`: messages that a consumer could not process. */
export function addDeadLetters(program: Command, ports: OpsPorts): void {
  const letters = program
    .command('dead-letters')
    .description('Messages that a consumer could not process: webhooks, usage of clients, business events.');
  readCommand(
    letters.command('list').description('list consumers with the number and age of their dead letters'),
    ports,
    list,
  );
  readCommand(
    letters
      .command('show')
      .argument('<consumer>', consumerArgument)
      .description('show ids, times, reasons and the beginning of the messages, with secrets masked'),
    ports,
    show,
  );
  changeCommand<ReplayOptions>(
    letters
      .command('replay')
      .argument('<consumer>', consumerArgument)
      .description('return dead letters to where they came from, and wait for the consumer (default all)')
      .option('--id <messages...>', 'only these: ids of messages or events')
      .option('--since <instant>', 'only those from then or later', pastInstant(ports.now))
      .option('--until <instant>', 'only those from before', pastInstant(ports.now)),
    ports,
    replay,
  );
}

async function list({ gateway, ports }: Session): Promise<Report> {
  const { deadLetters } = gateway;
  const queues = await Promise.all(deadLetters.consumers.map((name) => deadLetters.summary(name)));
  return {
    json: { environment: gateway.environment, queues },
    text: textTable(
      ['CONSUMER', 'WAITING', 'OLDEST'],
      queues.map(({ consumer, waiting, oldest }) => [
        consumer,
        `${waiting}`,
        oldest === null ? '-' : `${ageOf(oldest, ports.now())} (${oldest})`,
      ]),
    ),
  };
}

async function show({ gateway }: Session, consumer = ''): Promise<Report> {
  known(gateway, consumer);
  const letters = await gateway.deadLetters.list(consumer);
  return {
    json: { environment: gateway.environment, consumer, letters: letters.map(withoutRecord) },
    text: letters.length === 0 ? noneWaiting : letters.map(textOf).join('\n\n'),
  };
}

const noneWaiting = 'No dead letters are waiting.';

async function replay(session: Session<ReplayOptions & ChangeOptions>, consumer = ''): Promise<Report> {
  const { gateway, ports, options, command } = session;
  known(gateway, consumer);
  const isChosen = choiceOf(options);
  const waiting = await gateway.deadLetters.list(consumer);
  const chosen = waiting.filter(isChosen);
  const missing = (options.id ?? []).filter((id) => !waiting.some((letter) => isNamed(letter, id)));
  if (missing.length > 0) {
    throw new OpsError(
      `No dead letter of ${consumer} has the id ${missing.join(', ')}.`,
      `Run npm run ops -- dead-letters show ${consumer} to see those that wait.`,
    );
  }
  const isDryRun = options.dryRun === true;
  const json = { environment: gateway.environment, consumer, dryRun: isDryRun };
  const lines = chosen.map(
    (letter) => `${letter.eventId ?? letter.messageId} ${letter.time} ${letter.reason}`,
  );
  if (chosen.length === 0) {
    const none = waiting.length === 0 ? noneWaiting : 'No dead letter was chosen.';
    return { json: { ...json, changed: false, chosen: [] }, text: none };
  }
  if (isDryRun) {
    return {
      json: { ...json, changed: false, chosen: chosen.map(withoutRecord) },
      text: [...lines, `Dry run: ${chosen.length} would be replayed.`].join('\n'),
    };
  }
  await confirm(
    ports,
    [...lines, `Replay ${chosen.length} dead letters of ${consumer} in ${gateway.environment}?`].join('\n'),
    { yes: options.yes === true },
  );
  const finish = await gateway.audit.begin({
    document: `dead-letters:${consumer}`,
    changedAt: new Date(ports.now()).toISOString(),
    who: gateway.who,
    reason: options.reason,
    command,
    changes: chosen.map(({ messageId, reason }) => ({ path: messageId, before: reason })),
  });
  const result = await gateway.deadLetters.replay(consumer, isChosen).catch(async (error: unknown) => {
    await finish('failed');
    throw error;
  });
  await finish(result.refused.length === 0 ? 'done' : 'failed');
  refuseIfAny(consumer, result);
  return {
    json: { ...json, changed: true, replayed: result.replayed.length, isProcessed: result.isProcessed },
    text: outcomeOf(consumer, result),
  };
}

function refuseIfAny(consumer: string, { refused, replayed }: ReplayResult): void {
  if (refused.length === 0) return;
  throw new OpsError(
    [
      `${refused.length} dead letters of ${consumer} were not replayed and stay; ${replayed.length} were replayed.`,
      ...refused.map(({ messageId, reason }) => `${messageId}: ${reason}`),
    ].join('\n'),
    `Run npm run ops -- dead-letters show ${consumer} to read them.`,
    exitCodes.failed,
  );
}

function outcomeOf(consumer: string, { replayed, isProcessed }: ReplayResult): string {
  return isProcessed
    ? `Done: ${consumer} has taken ${replayed.length} dead letters.`
    : `${replayed.length} returned to the queue of ${consumer}, which has not taken all yet. Run npm run ops -- dead-letters list in a few minutes.`;
}

function known({ deadLetters, environment }: GatewayAccess, consumer: string): void {
  if (deadLetters.consumers.includes(consumer)) return;
  throw new OpsError(
    `${environment} has no consumer "${consumer}".`,
    `Use one of: ${deadLetters.consumers.join(', ')}.`,
  );
}

function choiceOf({ id, since, until }: ReplayOptions): (letter: DeadLetter) => boolean {
  return (letter) =>
    (id === undefined || id.some((one) => isNamed(letter, one))) &&
    (since === undefined || Date.parse(letter.time) >= Date.parse(since)) &&
    (until === undefined || Date.parse(letter.time) < Date.parse(until));
}

function isNamed({ messageId, eventId }: DeadLetter, id: string): boolean {
  return messageId === id || eventId === id;
}

/** The value of a record is not printed: it may contain personal data and secrets. */
function withoutRecord({ record, ...letter }: DeadLetter): object {
  return record === undefined ? letter : { ...letter, partition: record.partition, offset: record.offset };
}

function textOf({ messageId, eventId, time, reason, excerpt, record }: DeadLetter): string {
  return [
    `Message  ${messageId}`,
    ...(eventId === null ? [] : [`Event    ${eventId}`]),
    ...(record === undefined ? [] : [`Record   ${record.partition}, offset ${record.offset}`]),
    `Time     ${time}`,
    `Reason   ${reason}`,
    `Body     ${excerpt}`,
  ].join('\n');
}

function ageOf(instant: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(instant)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} days`;
}
