import type { Command } from 'commander';
import { count, pastInstant } from './argument-parsers.ts';
import { OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type OpsPorts, readCommand, type Session } from './session.ts';

interface LogsOptions {
  readonly since: string;
  readonly filter?: string;
  readonly lines: number;
}

/** `logs`: the last log lines of a function or a service, or of an API's access log. */
export function addLogs(program: Command, ports: OpsPorts): void {
  const past = pastInstant(ports.now);
  readCommand<LogsOptions>(
    program
      .command('logs')
      .argument('<name>', 'a function, a service, public-api or partner-api')
      .description('the last log lines of a function or a service, or of the access log of an API')
      .requiredOption('--since <instant>', 'only lines since then: 15m, 2h or an instant', past, past('15m'))
      .option('--filter <pattern>', `filter pattern of CloudWatch Logs, such as '{ $.level = "error" }'`)
      .option('--lines <count>', 'number of lines', count, 100),
    ports,
    lastLines,
  );
}

async function lastLines({ gateway, options }: Session<LogsOptions>, name = ''): Promise<Report> {
  const { since, filter, lines: limit } = options;
  if (gateway.logs === undefined) {
    throw new OpsError(
      'The local run keeps no log groups.',
      'The terminal of npm start prints warnings, errors and calls; npm run logs -- REQUEST_ID follows one call.',
    );
  }
  const lines = await gateway.logs.lines(name, { since: Date.parse(since), filter, lines: limit });
  const events = lines.map(({ timestamp, message }) => ({ at: new Date(timestamp).toISOString(), message }));
  return {
    json: { environment: gateway.environment, log: name, since, lines: events },
    text:
      events.length === 0
        ? `No lines of ${name} since ${since}${filter === undefined ? '' : ' match the filter'}.`
        : events.map(({ at, message }) => `${at} ${message}`).join('\n'),
  };
}
