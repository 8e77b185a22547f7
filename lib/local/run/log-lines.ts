import { isRecord } from '../../common/is-record.ts';

/**
 * Whether a line of a process is shown to the developer: all lines on standard error, and structured
 * lines of level `warn` or higher.
 */
export function isWarningOrWorse(line: string, stream: 'stdout' | 'stderr'): boolean {
  return stream === 'stderr' || ['warn', 'error', 'fatal'].includes(levelOf(line));
}

function levelOf(line: string): string {
  try {
    const parsed: unknown = JSON.parse(line);
    const level = isRecord(parsed) ? parsed['level'] : undefined;
    return typeof level === 'string' ? level.toLowerCase() : '';
  } catch {
    return '';
  }
}
