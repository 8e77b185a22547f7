import { parseRecord } from '../../common/parse-record.ts';

/**
 * Whether a line of a process is shown to the developer: all lines on standard error, and structured
 * lines of level `warn` or higher.
 */
export function isWarningOrWorse(line: string, stream: 'stdout' | 'stderr'): boolean {
  return stream === 'stderr' || ['warn', 'error', 'fatal'].includes(levelOf(line));
}

function levelOf(line: string): string {
  const level = parseRecord(line)?.['level'];
  return typeof level === 'string' ? level.toLowerCase() : '';
}
