import { isRecord } from '../engine/intrinsics.ts';

/**
 * Whether a line that a process wrote is worth a developer's attention: anything on standard error, and structured
 * lines of level `warn` or worse. The rest of what functions and services say is for their own logs.
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
