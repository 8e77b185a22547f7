import type { CloudWatchLogs, FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { LogGroupLocation } from '../../compile/log-groups.ts';
import { OpsError, usageError } from '../commands/ops-error.ts';

/** One line of a log. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

export interface LogQuery {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Filter pattern of CloudWatch Logs. @default every line */
  readonly filter?: string | undefined;
  /** Number of lines; the last ones are returned. */
  readonly lines: number;
}

export interface LogReader {
  /** Names of functions, services and access logs that have a log group. */
  readonly names: readonly string[];
  /**
   * The last lines of a log, oldest first.
   *
   * @throws {OpsError} when the name is unknown or its log group does not exist.
   */
  lines(name: string, query: LogQuery): Promise<readonly LogLine[]>;
}

export interface LogReaderOptions {
  readonly client: Pick<CloudWatchLogs, 'describeLogGroups' | 'filterLogEvents'>;
  readonly groups: ReadonlyMap<string, LogGroupLocation>;
  readonly environment: string;
  readonly region: string;
}

/** More pages would take minutes; a shorter time or a filter is what the operator needs then. */
const maxPages = 50;

/** Reads log groups with `FilterLogEvents`. */
export function createLogReader({ client, groups, environment, region }: LogReaderOptions): LogReader {
  const names = [...groups.keys()];

  async function groupOf(name: string): Promise<string> {
    const location = groups.get(name);
    if (location === undefined) {
      throw usageError(`${environment} has no log "${name}".`, `Give one of: ${names.join(', ')}.`);
    }
    const { stack, logicalId } = location;
    const logGroupNamePrefix = `gatehouse-${environment}-${stack}-`;
    const pattern = new RegExp(`^${logGroupNamePrefix}(${region}-)?${logicalId}[0-9A-F]{8}-`);
    for (let nextToken: string | undefined, first = true; first || nextToken !== undefined; first = false) {
      const page = await client.describeLogGroups({ logGroupNamePrefix, nextToken });
      const found = page.logGroups?.find(({ logGroupName = '' }) => pattern.test(logGroupName));
      if (found?.logGroupName !== undefined) return found.logGroupName;
      ({ nextToken } = page);
    }
    throw new OpsError(
      `No log group in ${region} begins with ${logGroupNamePrefix}${logicalId}.`,
      `See that the stack gatehouse-${environment}-${stack} is deployed, and check the credentials and the region.`,
    );
  }

  return {
    names,
    async lines(name, { since, filter, lines }) {
      const logGroupName = await groupOf(name);
      let events: FilteredLogEvent[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < maxPages; page += 1) {
        const answer = await client.filterLogEvents({
          logGroupName,
          startTime: since,
          filterPattern: filter,
          nextToken,
        });
        events = [...events, ...(answer.events ?? [])].slice(-lines);
        ({ nextToken } = answer);
        if (nextToken === undefined) {
          return events.map(({ timestamp = 0, message = '' }) => ({ timestamp, message: message.trimEnd() }));
        }
      }
      throw new OpsError(
        `The log of ${name} is too long to read since that time.`,
        'Give a shorter time with --since, or a --filter.',
      );
    },
  };
}
